"""People and their places in an account."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from playbooks_app import clock
from playbooks_app.models.account import Account
from playbooks_app.models.calendar import Calendar


class Role(models.TextChoices):
    """What a person may do in an account; each role may what the ones below it may, but approver and operator stand side by side."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    BUILDER = "builder", "Builder"
    OPERATOR = "operator", "Operator"
    APPROVER = "approver", "Approver"
    VIEWER = "viewer", "Viewer"


class Department(models.Model):
    """A department of an account."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="departments")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60)  # in documents: {department: finance}
    head = models.ForeignKey("User", null=True, blank=True, on_delete=models.SET_NULL, related_name="heads")
    deputies: models.ManyToManyField[User, Any] = models.ManyToManyField("User", blank=True, related_name="deputises")  # stand in for the head

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "slug"], name="one_department_per_slug")]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person. Signs in with e-mail or username; both are unique whatever the case."""

    email = models.EmailField(unique=True)
    timezone = models.CharField(max_length=64, blank=True)  # IANA name; "" = the account's
    seen_tips = models.JSONField(default=list, blank=True)  # names of the hints for newcomers that were put away
    shut_out_at = models.DateTimeField(null=True, editable=False)  # sessions of before open nothing, even if the person is let in again

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_user_per_email"),
            models.UniqueConstraint(Lower("username"), name="one_user_per_username"),
        ]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session has to know: another one after a change of the password, and after the person was shut out."""
        found: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]  # the stubs do not know it
        if self.shut_out_at is None:
            return found
        return salted_hmac("handrail.shut-out", f"{found}{self.shut_out_at.isoformat()}", secret=secret, algorithm="sha256").hexdigest()

    @cached_property
    def membership(self) -> Membership | None:
        """The account this person works in (the oldest active membership), read once per request."""
        return self.memberships.filter(active=True).select_related("account", "department").order_by("pk").first()

    @cached_property
    def group_ids(self) -> frozenset[int]:
        """The groups this person is in, read once per request."""
        return frozenset(self.account_groups.values_list("pk", flat=True))

    @property
    def account(self) -> Account | None:
        """The account this person works in."""
        return self.membership.account if self.membership else None

    @property
    def role(self) -> str:
        """The role there; "" without an account."""
        return self.membership.role if self.membership else ""

    @property
    def display_name(self) -> str:
        """How the product names this person: full name, else username."""
        return self.get_full_name() or self.username


class Group(models.Model):
    """People who decide or see together, across departments."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="groups")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60)  # in documents: {group: finance-leads}
    members = models.ManyToManyField(User, blank=True, related_name="account_groups")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "slug"], name="one_group_per_slug")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's place in an account."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.VIEWER)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.SET_NULL, related_name="memberships")
    manager = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # `manager_of` in documents
    calendar = models.ForeignKey(Calendar, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # None: the account's default
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "account"], name="one_membership_per_account")]

    def __str__(self) -> str:
        return f"{self.user} in {self.account} ({self.role})"
