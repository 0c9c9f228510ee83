"""What is stored of approvals."""

from approvals_app.models.absence import Absence
from approvals_app.models.approval import Approval
from approvals_app.models.asked import Asked
from approvals_app.models.comment import Comment
from approvals_app.models.decision import Decision
from approvals_app.models.link import DecisionLink, LinkOpen
from approvals_app.models.mail_rules import MailRules
from approvals_app.models.showing import Showing
from approvals_app.models.shown_file import ShownFile

__all__ = ["Absence", "Approval", "Asked", "Comment", "Decision", "DecisionLink", "LinkOpen", "MailRules", "Showing", "ShownFile"]
