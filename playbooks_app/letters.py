"""Mails that the layers below cause. The machine stands above and sends them, downwards, in AppConfig.ready: letters.register(outbox.post)."""

from __future__ import annotations

from typing import Any, Protocol


class Post(Protocol):
    """Store one mail in the caller's transaction; the first with a `reference` counts."""

    def __call__(self, *, to: str, subject: str, text: str, html: str = "", reference: str) -> Any: ...


_posts: list[Post] = []


def register(post: Post) -> None:
    """Send by this one."""
    _posts[:] = [post]


def post(*, to: str, subject: str, text: str, reference: str) -> None:
    """Store one mail, to be sent once the caller's transaction has committed."""
    for each in _posts:
        each(to=to, subject=subject, text=text, reference=reference)
