"""REST doors of people and playbooks."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from playbooks_app.api import audit, building, calendars, people, playbooks, schema, secrets, sharing, step_types, tokens, versions

router = SimpleRouter()
router.register("playbooks", playbooks.PlaybookViewSet, "api-playbook")
router.register("versions", versions.VersionViewSet, "api-version")
router.register("members", people.MemberViewSet, "api-member")
router.register("departments", people.DepartmentViewSet, "api-department")
router.register("audit", audit.AuditViewSet, "api-audit")
router.register("calendars", calendars.CalendarViewSet, "api-calendar")
router.register("secrets", secrets.SecretViewSet, "api-secret")
router.register("connections", secrets.ConnectionViewSet, "api-connection")
router.register("tokens", tokens.TokenViewSet, "api-token")
router.register("invitations", people.InvitationViewSet, "api-invitation")
router.register("groups", people.GroupViewSet, "api-group")

urlpatterns = [
    path("schema/playbook.json", schema.PlaybookSchemaView.as_view(), name="playbook-schema"),
    path("step-types/", step_types.StepTypesView.as_view(), name="api-step-types"),
    path("documents/text/", step_types.DocumentTextView.as_view(), name="api-document-text"),
    path("documents/evaluate/", building.EvaluateView.as_view(), name="api-document-evaluate"),
    path("playbooks/<int:pk>/pinned/", building.PinnedView.as_view(), name="api-playbook-pinned"),
    path("playbooks/<int:pk>/editors/", building.EditorsView.as_view(), name="api-playbook-editors"),
    path("me/tips/", building.TipsView.as_view(), name="api-me-tips"),
    path("me/", people.MeView.as_view(), name="api-me"),
    path("playbooks/<int:pk>/grants/", sharing.PlaybookGrantsView.as_view(), name="api-playbook-grants"),
    path("playbooks/<int:pk>/grants/<int:number>/", sharing.PlaybookGrantView.as_view(), name="api-playbook-grant"),
    path("playbooks/<int:pk>/hand-over/", sharing.PlaybookHandOverView.as_view(), name="api-playbook-hand-over"),
    path("playbooks/<int:pk>/seen-by/", sharing.PlaybookSeenView.as_view(), name="api-playbook-seen-by"),
    path("", include(router.urls)),
]
