"""What is stored of the language: people, sharing, playbooks and their versions."""

from playbooks_app.models.account import Account
from playbooks_app.models.api_call import CallCount, KeptAnswer
from playbooks_app.models.api_token import ApiToken
from playbooks_app.models.audit import AuditEntry
from playbooks_app.models.calendar import Calendar
from playbooks_app.models.clock_offset import ClockOffset
from playbooks_app.models.editor import Editor
from playbooks_app.models.grant import Level, PlaybookGrant
from playbooks_app.models.invitation import Invitation
from playbooks_app.models.login_attempt import LoginAttempt
from playbooks_app.models.member import Department, Group, Membership, Role, User
from playbooks_app.models.playbook import Playbook
from playbooks_app.models.secret import Connection, Secret
from playbooks_app.models.sharing import Shared, Visibility
from playbooks_app.models.version import PlaybookVersion

__all__ = [
    "Account",
    "ApiToken",
    "AuditEntry",
    "Calendar",
    "CallCount",
    "ClockOffset",
    "Connection",
    "Department",
    "Editor",
    "Group",
    "Invitation",
    "KeptAnswer",
    "Level",
    "LoginAttempt",
    "Membership",
    "Playbook",
    "PlaybookGrant",
    "PlaybookVersion",
    "Role",
    "Secret",
    "Shared",
    "User",
    "Visibility",
]
