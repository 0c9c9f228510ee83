"""What all mails look like."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def mail_font() -> SafeString:
    """The fonts of a mail: what every client has."""
    return SafeString("-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif")
