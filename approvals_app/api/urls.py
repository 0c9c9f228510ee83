"""Addresses of approvals under /api/v1/."""

from rest_framework.routers import SimpleRouter

from approvals_app.api.approvals import ApprovalViewSet

router = SimpleRouter()
router.register("approvals", ApprovalViewSet, basename="approval")

urlpatterns = router.urls
