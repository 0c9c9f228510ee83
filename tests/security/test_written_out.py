"""Keys that an author has typed into a playbook."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language.registry import step_types


@pytest.mark.spec("S1-P04-config-secrets")
def test_a_key_that_is_typed_into_a_playbook_is_pointed_out() -> None:
    """In headers, in the query and in the address, however it is called; references, business keys and short samples are left alone."""

    def said(**settings: Any) -> list[str]:
        checked = step_types.get("http").check({"url": "https://bank.example/", **settings}, "steps/a/with")
        found = [each for each in checked if each.code == "KeyWrittenOut"]
        assert all(each.level == "warning" and "secrets" in each.hint for each in found)
        return [f"{each.code} {each.address}" for each in found]

    key = "sk-live-0123456789"
    for name in (
        "Authorization",
        "authorization",
        "X-Api-Key",
        "api_key",
        "apiKey",
        "Cookie",
        "X-Auth-Token",
        "PRIVATE-TOKEN",
        "Proxy-Authorization",
    ):
        assert said(headers={name: f"Bearer {key}"}) == [f"KeyWrittenOut steps/a/with/headers/{name}"], name
    assert said(query={"access_token": key, "q": "x"}) == ["KeyWrittenOut steps/a/with/query/access_token"]
    assert said(url=f"https://bank.example/x?api_key={key}") == ["KeyWrittenOut steps/a/with/url"]
    kept = "Bearer {{ secrets.bank }}"
    assert (
        said(headers={"Authorization": kept, "X-Token-Type": "payments", "X-Api-Key": "x"}, query={"key": "invoice-0012345", "sort_key": "amount"})
        == []
    )
