"""What goes over the wire: shapes only, no rule of the domain."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from playbooks_app import limits
from playbooks_app.api.bodies import Body
from playbooks_app.models import Department, Group, Invitation, Membership, Playbook, PlaybookVersion, User, Visibility


class ProblemShape(serializers.Serializer[Any]):
    """One fault. `address` is a place such as `steps/each/body/pay/with/url`; "" is the whole."""

    address = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField(allow_blank=True)
    level = serializers.ChoiceField(choices=["error", "warning"])


@extend_schema_serializer(component_name="Refusal")
class ErrorShape(serializers.Serializer[Any]):
    """How every door answers when something is wrong."""

    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_blank=True)
    details = serializers.JSONField(required=False)


@extend_schema_serializer(component_name="Faults")
class FaultsShape(ErrorShape):
    """422: every fault at once."""

    problems = ProblemShape(many=True)


class VersionName(serializers.Serializer[Any]):
    """Which version; wherever one is given, its number is meant."""

    id = serializers.IntegerField()
    number = serializers.IntegerField()


class PlaybookRow(serializers.ModelSerializer[Playbook]):
    """A playbook in a list: all but its draft. `version` is what a start takes; null: never published."""

    owner = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    department = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)
    group = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)
    revision = serializers.IntegerField(source="draft_revision", read_only=True)
    saved_at = serializers.DateTimeField(source="draft_saved_at", read_only=True)
    saved_by = serializers.SlugRelatedField[Any](source="draft_saved_by", slug_field="username", read_only=True, allow_null=True)
    version = serializers.SerializerMethodField()

    class Meta:
        model = Playbook
        fields = [
            "id",
            "name",
            "description",
            "owner",
            "visibility",
            "department",
            "group",
            "tags",
            "version",
            "revision",
            "saved_at",
            "saved_by",
            "created_at",
            "archived_at",
        ]
        read_only_fields = fields

    @extend_schema_field(VersionName(allow_null=True))
    def get_version(self, playbook: Playbook) -> dict[str, int] | None:
        """Read with the playbooks in one more query, see `with_versions`."""
        newest = next((version for version in playbook.versions.all() if version.deprecated_at is None), None)
        return None if newest is None else {"id": newest.pk, "number": newest.number}


class PlaybookWhole(PlaybookRow):
    """One playbook with its draft as written, and every fault of it."""

    document = serializers.JSONField(source="draft", read_only=True)
    problems = ProblemShape(many=True, read_only=True)

    class Meta(PlaybookRow.Meta):
        fields = [*PlaybookRow.Meta.fields, "document", "problems"]
        read_only_fields = fields


class Sharing(Body):
    """Who sees it. `department` and `group` are slugs (or ids) and needed by the visibility of the same name."""

    visibility = serializers.ChoiceField(choices=Visibility.choices, required=False)
    department = serializers.CharField(required=False, allow_null=True)
    group = serializers.CharField(required=False, allow_null=True)


class PlaybookDrawing(Sharing):
    """A playbook to make. What is merely not there yet (owner, description, steps) is a draft; what is wrong is refused, unless `keep_faults`."""

    document = serializers.JSONField(required=False, allow_null=True)
    name = serializers.CharField(required=False, max_length=200)
    keep_faults = serializers.BooleanField(required=False, default=False)


class PlaybookChange(Sharing):
    """A change of the draft or of who sees it. A draft may have faults: they come back in `problems`."""

    document = serializers.JSONField(required=False, allow_null=True)
    name = serializers.CharField(required=False, max_length=200)
    description = serializers.CharField(required=False, allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField(allow_blank=True), required=False)


class ImportText(Body):
    """A document as text; JSON is recognised by its first character, everything else is YAML."""

    text = serializers.CharField(trim_whitespace=False, allow_blank=True)


class DocumentShape(Body):
    """A document to look at."""

    document = serializers.JSONField(allow_null=True)


class CheckedShape(serializers.Serializer[Any]):
    """`valid` is true when nothing but warnings was found."""

    valid = serializers.BooleanField()
    problems = ProblemShape(many=True)


class PublishNote(Body):
    """What is different, in words."""

    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)


class DeprecationReason(Body):
    """Why nothing shall start with it any more."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)


class VersionRow(serializers.ModelSerializer[PlaybookVersion]):
    """A version in a list: all but its document."""

    playbook = serializers.PrimaryKeyRelatedField[Any](read_only=True)
    published_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    deprecated_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = PlaybookVersion
        fields = [
            "id",
            "number",
            "playbook",
            "note",
            "published_at",
            "published_by",
            "deprecated_at",
            "deprecated_by",
            "deprecation_reason",
        ]
        read_only_fields = fields


class VersionWhole(VersionRow):
    """One version with its document, every step with its id."""

    class Meta(VersionRow.Meta):
        fields = [*VersionRow.Meta.fields, "document"]
        read_only_fields = fields


class ChangeShape(serializers.Serializer[Any]):
    """One difference. `what` is added, removed, moved or changed."""

    what = serializers.ChoiceField(choices=["added", "removed", "moved", "changed"])
    address = serializers.CharField()
    step = serializers.CharField(allow_null=True)
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class DifferenceShape(serializers.Serializer[Any]):
    """What is different in `to` from `from`."""

    to = VersionName()
    changes = ChangeShape(many=True)

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python, so it is added here."""
        return {"from": VersionName(), **super().get_fields()}


class MemberShape(serializers.ModelSerializer[Membership]):
    """A person's place in the account."""

    username = serializers.CharField(source="user.username", read_only=True)
    name = serializers.CharField(source="user.display_name", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    department = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)
    groups = serializers.SerializerMethodField()
    manager = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    calendar = serializers.SlugRelatedField[Any](slug_field="name", read_only=True, allow_null=True)

    class Meta:
        model = Membership
        fields = ["id", "username", "name", "email", "role", "department", "groups", "manager", "calendar", "active"]
        read_only_fields = fields

    def get_groups(self, member: Membership) -> list[str]:
        """Slugs of the groups of this account."""
        return sorted(group.slug for group in member.user.account_groups.all() if group.account_id == member.account_id)


class MemberChange(Body):
    """What an admin may change of a member. `department` is a slug or null, `groups` are slugs and replace the present ones."""

    role = serializers.CharField(required=False)
    department = serializers.CharField(required=False, allow_null=True)
    groups = serializers.ListField(child=serializers.CharField(), required=False)
    manager = serializers.CharField(required=False, allow_null=True, help_text="Username or e-mail.")
    calendar = serializers.CharField(required=False, allow_null=True, help_text="Name of a calendar; null for the account's default.")
    active = serializers.BooleanField(required=False)
    heir = serializers.CharField(required=False, allow_null=True, help_text="Username; takes over from somebody who is switched off.")


class InvitationShape(serializers.ModelSerializer[Invitation]):
    """Somebody who is asked to work in the account."""

    department = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)
    groups = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, many=True)
    invited_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = Invitation
        fields = ["id", "email", "role", "department", "groups", "invited_by", "created_at", "sent_at", "times_sent", "expires_at"]
        read_only_fields = fields


class InvitationWish(Body):
    """Whom to invite, as what. `department` is a slug, `groups` are slugs."""

    email = serializers.CharField(max_length=254)
    role = serializers.CharField(required=False, default="viewer")
    department = serializers.CharField(required=False, allow_null=True)
    groups = serializers.ListField(child=serializers.CharField(), required=False)


class MemberWish(Body):
    """Who is to work here, as what: by `username` somebody who has or had a place in the account, by `email` somebody who is invited."""

    username = serializers.CharField(max_length=150, required=False)
    email = serializers.CharField(max_length=254, required=False)
    role = serializers.CharField(required=False, help_text="What it is, or viewer, when left out.")
    department = serializers.CharField(required=False, allow_null=True)
    groups = serializers.ListField(child=serializers.CharField(), required=False)
    active = serializers.BooleanField(required=False, default=True)


class DepartmentWish(Body):
    """A department to be. `head` and `deputies` are usernames; the slug of one that is there stays."""

    name = serializers.CharField(max_length=120)
    slug = serializers.CharField(max_length=60, required=False)
    head = serializers.CharField(required=False, allow_null=True)
    deputies = serializers.ListField(child=serializers.CharField(), required=False)


class GroupWish(Body):
    """A group to be. `members` are usernames and replace the present ones; the slug of one that is there stays."""

    name = serializers.CharField(max_length=120)
    slug = serializers.CharField(max_length=60, required=False)
    members = serializers.ListField(child=serializers.CharField(), required=False)


class DepartmentShape(serializers.ModelSerializer[Department]):
    """A department; `head` and `deputies` are usernames."""

    head = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    deputies = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, many=True)

    class Meta:
        model = Department
        fields = ["id", "name", "slug", "head", "deputies"]
        read_only_fields = fields


class GroupShape(serializers.ModelSerializer[Group]):
    """A group; `members` are usernames."""

    members = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, many=True)

    class Meta:
        model = Group
        fields = ["id", "name", "slug", "members"]
        read_only_fields = fields


class MeShape(serializers.Serializer[Any]):
    """Who the token belongs to."""

    username = serializers.CharField()
    name = serializers.CharField(source="display_name")
    email = serializers.EmailField()
    account = serializers.CharField(source="account.slug", allow_null=True, default=None)
    role = serializers.CharField(allow_blank=True)
    timezone = serializers.CharField(allow_blank=True)
    limits = serializers.SerializerMethodField(help_text="What the account may use, by name; null is without limit.")

    def get_limits(self, person: User) -> dict[str, int | None]:
        """Of the account; none where there is no account."""
        account = person.account
        return {limit.name: limits.most(account, limit.name) or None for limit in limits.LIMITS} if account else {}
