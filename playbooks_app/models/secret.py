"""What playbooks need to be let in elsewhere. Values are sealed (playbooks_app/secrecy/sealing.py) and never read back by anybody."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import models

from playbooks_app import clock
from playbooks_app.models.account import Account
from playbooks_app.models.member import User
from playbooks_app.secrecy import sealing


class Kept(models.Model):
    """A sealed value of an account under a name, and the hosts to which it may be sent."""

    name = models.CharField(max_length=100)
    sealed = models.TextField()
    hosts = models.JSONField(default=list, blank=True)  # bank.example.com, *.example.com, bank.example.com:8443
    created_at = models.DateTimeField(default=clock.now)
    set_at = models.DateTimeField(default=clock.now)  # when the value was last replaced
    set_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)  # to the minute

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def purpose(self) -> str:
        """What its value is sealed for. Raises AttributeError in the abstract class."""
        raise NotImplementedError

    def seal(self, value: str) -> None:
        """Take over a value."""
        self.sealed, self.set_at = sealing.seal(value, self.purpose), clock.now()

    def reveal(self) -> str:
        """The value, at the moment of use. Raises sealing.Unreadable."""
        return sealing.unseal(self.sealed, self.purpose) if self.sealed else ""


class Secret(Kept):
    """`{{ secrets.<name> }}` in the settings of steps that act. Without hosts it goes wherever the playbook sends it first, and no further."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="secrets")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_secret_per_name")]
        ordering = ["name"]

    @property
    def purpose(self) -> str:
        """Of this account alone."""
        return f"secret of account {self.account_id}"


class Connection(Kept):
    """A system that playbooks talk to: steps name it, its key goes with their calls to its hosts. `sealed` is "" where it needs no key."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="connections")
    kind = models.CharField(max_length=40, default="http")  # how the key is sent, see KINDS in playbooks_app/secrecy/keeping.py
    base_url = models.CharField(max_length=500, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True)
    test_ok = models.BooleanField(null=True)
    test_said = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_connection_per_name")]
        ordering = ["name"]

    @property
    def purpose(self) -> str:
        """Of this account alone."""
        return f"connection of account {self.account_id}"

    @property
    def host(self) -> str:
        """Host and port of its address; "" without one."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2].lower()

    @property
    def allowed_hosts(self) -> list[str]:
        """Those that were named, else that of its address."""
        return self.hosts or ([self.host] if self.host else [])
