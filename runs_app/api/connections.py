"""REST: testing a connection."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from playbooks_app.api.secrets import ConnectionShape, account_of
from playbooks_app.errors import OutOfSight
from playbooks_app.models import Connection
from runs_app.trying_connections import try_connection


class TryConnectionView(APIView):
    """`connections/{id}/test/`."""

    permission_classes = [InAccountWithPlaybooks]

    @extend_schema(tags=["secrets"], operation_id="connections_test", request=None, responses={200: ConnectionShape})
    def post(self, request: Request, pk: int) -> Response:
        """Call its address once with its key; `test_ok` and `test_said` tell what came back."""
        found = Connection.objects.filter(account=account_of(request), pk=pk).first()
        if found is None:
            raise OutOfSight("There is no such connection in your account.")
        try_connection(found, by=signed_in(request))
        return Response(ConnectionShape(found).data)
