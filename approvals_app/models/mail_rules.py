"""How an account decides by mail: with the link alone, with a typed code, or signed in only; and whether answers to mails count."""

from __future__ import annotations

import secrets

from django.db import models

from playbooks_app.models import Account
from playbooks_app.secrecy import sealing

PURPOSE = "mail-reply"  # of the sealed secret


def new_secret() -> str:
    """256 bits, sealed."""
    return sealing.seal(secrets.token_urlsafe(32), PURPOSE)


class MailRules(models.Model):
    """Of one account; without a row: the link alone, and answers do not count."""

    class Decisions(models.TextChoices):
        """What a mail's link needs besides itself."""

        LINK = "link", "The link, and one more press"
        CODE = "code", "The link, and the code from the mail, typed"
        SIGN_IN = "sign_in", "Sign-in"

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="mail_rules")
    decisions = models.CharField(max_length=10, choices=Decisions.choices, default=Decisions.LINK)
    replies = models.BooleanField(default=False)  # answers to mails decide
    reply_address = models.EmailField(blank=True)  # where answers arrive; the token is put before the @: decide+<token>@reply.example.com
    reply_secret = models.TextField(default=new_secret)  # sealed; signs what the mail provider posts

    class Meta:
        verbose_name_plural = "mail rules"

    def __str__(self) -> str:
        return f"{self.account}: {self.decisions}"

    @property
    def secret(self) -> str:
        """What the mail provider signs with."""
        return sealing.unseal(self.reply_secret, PURPOSE)

    @property
    def replies_count(self) -> bool:
        """Whether an answer to a mail may decide: switched on, an address is known, and the link alone would do."""
        return self.replies and bool(self.reply_address) and self.decisions == self.Decisions.LINK

    @classmethod
    def of(cls, account_id: int) -> MailRules:
        """The account's rules, or the usual ones, not stored."""
        return cls.objects.filter(account=account_id).first() or cls(account_id=account_id)
