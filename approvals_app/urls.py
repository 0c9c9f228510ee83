"""Addresses of the pages."""

from django.urls import path, re_path

from approvals_app.pages import away, decision, files, inbox, link, mail_choice, mail_reply, mail_rules, policy, records

urlpatterns = [
    path("approvals/", inbox.inbox, name="inbox"),
    path("approvals/away/", away.away, name="away"),
    re_path(r"^approvals/export\.(?P<form>csv|pdf)$", records.export, name="approvals_export"),
    re_path(r"^approvals/(?P<approval_id>\d{1,15})/record\.(?P<form>csv|pdf)$", records.record, name="approval_record"),
    path("approvals/policy/", policy.policy, name="policy"),
    path("approvals/decide/", inbox.decide_several, name="decide_several"),
    path("approvals/<int:approval_id>/", decision.show, name="approval"),
    path("approvals/<int:approval_id>/decide/", decision.decide, name="approval_decide"),
    path("approvals/<int:approval_id>/comment/", decision.comment, name="approval_comment"),
    path("approvals/<int:approval_id>/delegate/", decision.delegate, name="approval_delegate"),
    path("approvals/<int:approval_id>/claim/", decision.claim, name="approval_claim"),
    path("approvals/<int:approval_id>/files/<str:sha256>/", files.shown_file, name="approval_file"),
    path("settings/mail/", mail_rules.mail_rules, name="mail_rules"),
    path("hooks/mail-reply/<slug:account>/", mail_reply.mail_reply, name="mail_reply"),
    path("profile/mail/", mail_choice.mail_choice, name="mail_choice"),
    path("decide/<str:token>/", link.by_link, name="decision_link"),
    path("decide/<str:token>/files/<str:sha256>/", files.file_by_link, name="decision_link_file"),
]
