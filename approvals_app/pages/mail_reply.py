"""The door for answers to mails: `POST /hooks/mail-reply/<account>/`, signed by the account's mail provider."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from approvals_app import replies
from approvals_app.models import MailRules

UNKNOWN = {"code": "not_found", "message": "There is no such address, or it is switched off.", "hint": "", "address": ""}
UNSIGNED = {
    "code": "not_signed_in",
    "message": "The signature is missing, wrong or too old.",
    "hint": "Sign id.timestamp.body with the secret.",
    "address": "",
}
UNREADABLE = {"code": "invalid", "message": "The body is a JSON object {from, to, text}.", "hint": "", "address": ""}


@csrf_exempt
@require_POST
def mail_reply(request: HttpRequest, account: str) -> JsonResponse:
    """202 `{result: decided | refused | unclear | ignored}`; 401 unsigned, 404 unknown or switched off, 413 too large, 422 unreadable."""
    rules = MailRules.objects.filter(account__slug=account, replies=True).select_related("account").first()
    if rules is None or not rules.replies_count:
        return JsonResponse(UNKNOWN, status=404)
    if int(request.headers.get("Content-Length") or 0) > replies.MOST_BYTES:
        return JsonResponse({**UNREADABLE, "code": "too_large"}, status=413)
    if not replies.is_signed(rules, request.headers, request.body):
        return JsonResponse(UNSIGNED, status=401)
    mail = _read(request.body)
    if mail is None:
        return JsonResponse(UNREADABLE, status=422)
    return JsonResponse({"result": replies.take(rules.account, mail, request.headers["webhook-id"])}, status=202)


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return {key: value.replace("\0", "") if isinstance(value, str) else value for key, value in found.items()} if isinstance(found, dict) else None
