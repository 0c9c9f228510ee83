"""Pages of people and playbooks. Starting is a deed of the machine: its address belongs to the app above."""

from django.contrib.auth import views as auth
from django.urls import path

from playbooks_app.pages import accounts, jump, playbooks

urlpatterns = [
    path("accounts/login/", accounts.SignIn.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(next_page="login"), name="logout"),
    path("accounts/password_reset/", auth.PasswordResetView.as_view(), name="password_reset"),
    path("accounts/password_reset/done/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path("accounts/reset/<uidb64>/<token>/", auth.PasswordResetConfirmView.as_view(), name="password_reset_confirm"),
    path("accounts/reset/done/", auth.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
    path("profile/", accounts.profile, name="profile"),
    path("jump/", jump.jump, name="jump"),
    path("playbooks/", playbooks.playbook_list, name="playbooks"),
]
