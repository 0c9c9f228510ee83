"""Addresses that exist in the demo only."""

from django.urls import path

from config.demo import mailbox
from config.demo.services import page as services

urlpatterns = [
    path("demo/mailbox/", mailbox.mailbox, name="mailbox"),
    path("demo/mailbox/<int:number>/", mailbox.mailbox, name="mail"),
    path("demo/mailbox/<int:number>/html/", mailbox.mail_html, name="mail_html"),
    path("api/v1/demo/mailbox/", mailbox.MailboxView.as_view(), name="api_mailbox"),
    path("demo/services/", services.services, name="demo_services"),
    path("api/v1/demo/services/", services.ServicesView.as_view(), name="api_demo_services"),
]
