"""REST: who sees a run."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from playbooks_app.api.etag import Edited, as_read
from playbooks_app.api.sharing import REFUSALS, GrantShape, grant_shape, wish_in
from playbooks_app.models import Visibility
from playbooks_app.rights.sharing import Wish
from runs_app import sharing
from runs_app.api.runs import visible_run
from runs_app.models import Run
from runs_app.permissions import may_share_run, require


class RunSightShape(serializers.Serializer[Any]):
    """Who sees it. `inherit`: the rights on its playbook hold; `grants`, if given, replace its own."""

    visibility = serializers.ChoiceField(choices=Visibility.choices, required=False)
    department = serializers.CharField(required=False, allow_null=True)
    group = serializers.CharField(required=False, allow_null=True)
    inherit = serializers.BooleanField(required=False)
    grants = GrantShape(many=True, required=False)


def sight_shape(run: Run) -> dict[str, Any]:
    """As RunSightShape says it."""
    own = [grant_shape(each) for each in run.grants.select_related("user", "group", "department").order_by("pk")]
    return {"department": None, "group": None, **sharing.said(run), "grants": own}


@extend_schema(tags=["sharing"])
class RunSharingView(Edited, APIView):
    """`runs/{id}/sharing/`."""

    permission_classes = [InAccountWithPlaybooks]

    def held(self) -> Run:
        """As in Edited."""
        return self._run(self.request, self.kwargs["run_id"])

    @extend_schema(operation_id="runs_sharing_retrieve", responses={200: RunSightShape, **REFUSALS})
    def get(self, request: Request, run_id: int) -> Response:
        """Who sees it."""
        return Response(sight_shape(self._run(request, run_id)))

    @extend_schema(operation_id="runs_sharing_update", request=RunSightShape, responses={200: RunSightShape, **REFUSALS})
    @as_read
    def patch(self, request: Request, run_id: int) -> Response:
        """Narrow it; who may share its playbook may widen it, too. What it has started is seen alike."""
        run = self._run(request, run_id)
        body = RunSightShape(data=request.data)
        body.is_valid(raise_exception=True)
        wishes = self._wishes(request)
        asked = {key: value for key, value in body.validated_data.items() if key != "grants"}
        sharing.share(run, by=signed_in(request), wishes=wishes, **asked)
        return Response(sight_shape(self._run(request, run_id)) if may_share_run(signed_in(request), run) else {}, status=status.HTTP_200_OK)

    def _run(self, request: Request, run_id: int) -> Run:
        run = visible_run(request, run_id)
        require(may_share_run(signed_in(request), run), "decide who sees this run")
        return run

    def _wishes(self, request: Request) -> list[Wish] | None:
        given = request.data.get("grants") if isinstance(request.data, dict) else None
        return None if given is None else [wish_in(each) for each in given]
