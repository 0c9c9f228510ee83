"""What a page may load and run."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from config.content_policy import HEADER, policy
from playbooks_app.models import User


def test_no_page_may_run_inline_scripts(web: Callable[[User | None], Client], alice: User) -> None:
    """Pages, errors and the API alike; nobody may frame us, and forms go nowhere else."""
    for address in ("/accounts/login/", "/playbooks/", "/no-such-page/", "/api/v1/me/"):
        rules = web(alice).get(address).headers[HEADER]
        assert "script-src 'self';" in rules and "frame-ancestors 'none'" in rules and "form-action 'self'" in rules


def test_only_the_documentation_may_write_styles(web: Callable[[User | None], Client], alice: User) -> None:
    """Swagger UI writes style elements; scripts stay ours there too."""
    rules = web(alice).get("/api/v1/docs/").headers[HEADER]
    assert "style-src 'self' 'unsafe-inline'" in rules and "script-src 'self';" in rules


def test_the_documentation_loads_nothing_from_elsewhere(web: Callable[[User | None], Client], alice: User) -> None:
    """It works without the internet."""
    page = web(alice).get("/api/v1/docs/").content.decode()
    assert "swagger-ui" in page and "https://" not in page and "<script>" not in page
    assert '<html lang="en"' in page and '<main id="main"' in page and "<h1>API</h1>" in page and "http://testserver/api/v1" in page


def test_a_rule_is_changed_by_name() -> None:
    """The others stay."""
    assert "img-src data:" in policy(img_src="data:") and "default-src 'none'" in policy(img_src="data:")
