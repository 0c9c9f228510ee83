"""Addresses of approvals under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from approvals_app.api.approvals import ApprovalViewSet
from approvals_app.api.policy import PolicyView

router = SimpleRouter()
router.register("approvals", ApprovalViewSet, basename="approval")

urlpatterns = [path("approvals/policy/", PolicyView.as_view(), name="approval-policy"), *router.urls]
