"""The `http` step: one call, one key, an answer to go on with."""

from __future__ import annotations

from typing import Any

import pytest

from runs_app.step_types.actions.http import Http
from tests.recorder import Recorder
from tests.runs.outside.steps import failed, run

HTTP = Http()


def faults(settings: dict[str, Any]) -> dict[str, str]:
    """Address and code of each fault."""
    return {problem.address: problem.code for problem in HTTP.check(settings, "steps/pay/with")}


class TestKey:
    """Every try says which step of which run it is (rule 32)."""

    def test_every_try_carries_the_same_key(self, allowed: Recorder) -> None:
        """Three tries, one charge: the receiver can tell."""
        allowed.answer(503, times=2)
        settings = {"method": "POST", "url": f"{allowed.url}/pay", "json": {"amount": 5}}

        for attempt in (1, 2):
            assert failed(HTTP, settings, attempt=attempt).transient
        run(HTTP, settings, attempt=3)

        assert allowed.keys == {"run-7/each/body[3]/pay": 3}

    def test_other_steps_and_items_carry_other_keys(self, allowed: Recorder) -> None:
        """The item's number is part of the path, and so of the key."""
        for path in ("each/body[3]/pay", "each/body[4]/pay", "each/body[3]/check"):
            run(HTTP, {"url": allowed.url}, path=path)

        assert len(allowed.keys) == 3

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
    def test_every_method_carries_it(self, method: str, allowed: Recorder) -> None:
        """Also those that change nothing: it does no harm, and no method is forgotten."""
        run(HTTP, {"method": method, "url": allowed.url})

        assert (allowed.calls[0].method, allowed.calls[0].key) == (method, "run-7/each/body[3]/pay")

    @pytest.mark.parametrize("spelling", ["Idempotency-Key", "idempotency-key", " IDEMPOTENCY-KEY "])
    def test_an_author_cannot_replace_it_unnoticed(self, spelling: str, allowed: Recorder) -> None:
        """It is refused as it is written, and when a template brings it in."""
        assert faults({"url": "https://example.com/", "headers": {spelling: "mine"}}) == {f"steps/pay/with/headers/{spelling}": "Reserved"}
        assert failed(HTTP, {"url": allowed.url, "headers": {spelling: "mine"}}).code == "InputInvalid"
        assert allowed.calls == []


class TestSending:
    """What arrives is what was written."""

    def test_json(self, allowed: Recorder) -> None:
        """Types, letters and nesting stay; the method follows from there being something to send."""
        value = {"id": 7, "amount": 12.5, "to": "Müller 株", "tags": [True, None]}

        run(HTTP, {"url": f"{allowed.url}/pay", "json": value})

        call = allowed.calls[0]
        assert (call.method, call.json, call.headers["content-type"]) == ("POST", value, "application/json")

    def test_form(self, allowed: Recorder) -> None:
        """As a web form sends it: a list gives its name several times, null is left out."""
        run(HTTP, {"url": allowed.url, "form": {"a": "x y&z", "b": [1, 2], "c": None, "d": True}})

        call = allowed.calls[0]
        assert (call.method, call.body, call.headers["content-type"]) == ("POST", "a=x+y%26z&b=1&b=2&d=true", "application/x-www-form-urlencoded")

    def test_text(self, allowed: Recorder) -> None:
        """As it stands, and of the kind that the author says."""
        run(HTTP, {"method": "PUT", "url": allowed.url, "body": "<ü/>", "headers": {"content-TYPE": "application/xml"}})

        call = allowed.calls[0]
        assert (call.method, call.body, call.headers["content-type"]) == ("PUT", "<ü/>", "application/xml")

    def test_query_and_headers(self, allowed: Recorder) -> None:
        """Added to what the address has; numbers become text, null is left out."""
        settings = {"url": f"{allowed.url}/find?a=1#part", "query": {"b": "x y", "c": [2, 3], "d": None}, "headers": {"X-Count": 3, "X-None": None}}

        run(HTTP, settings)

        call = allowed.calls[0]
        assert (call.method, call.query, call.body) == ("GET", {"a": ["1"], "b": ["x y"], "c": ["2", "3"]}, "")
        assert call.headers["x-count"] == "3"
        assert "x-none" not in call.headers

    def test_a_post_without_body_says_so(self, allowed: Recorder) -> None:
        """Some servers wait for a length."""
        run(HTTP, {"method": "POST", "url": allowed.url})

        assert allowed.calls[0].headers["content-length"] == "0"


class TestAnswers:
    """What later steps can use."""

    def test_the_output_is_status_headers_and_body(self, allowed: Recorder) -> None:
        """The body is parsed when it is JSON."""
        allowed.answer(201, {"id": 9}, headers={"X-Trace": "t"})

        output = run(HTTP, {"url": allowed.url})

        assert (output["status"], output["body"], output["headers"]["x-trace"]) == (201, {"id": 9}, "t")

    @pytest.mark.parametrize(("status", "code"), [(402, "ClientError"), (429, "RateLimited"), (503, "ServerError")])
    def test_refusals_fail_the_step(self, status: int, code: str, allowed: Recorder) -> None:
        """With the code that retry and catch look for."""
        allowed.answer(status)

        assert failed(HTTP, {"url": allowed.url}).code == code

    def test_the_time_of_the_step_is_the_time_of_the_call(self, allowed: Recorder) -> None:
        """A server that never answers fails it with a time-out."""
        allowed.answer(never=True)

        assert failed(HTTP, {"url": allowed.url}, timeout_seconds=0.2).code == "Timeout"


class TestCheck:
    """What shows before anything runs."""

    @pytest.mark.parametrize(
        "url",
        ["http://127.0.0.1:9001/{{ x }}", "http://0x7f.1/", "http://localhost/", "http://[::1]/", "http://169.254.169.254/", "ftp://example.com/"],
    )
    def test_an_inner_address_is_refused_where_it_stands(self, url: str) -> None:
        """With its place and a remedy."""
        (problem,) = HTTP.check({"url": url}, "steps/pay/with")

        assert (problem.address, problem.code, problem.level) == ("steps/pay/with/url", "EgressBlocked", "error")
        assert problem.hint

    def test_over_a_connection_a_path_is_enough(self) -> None:
        """Its address stands before it; a whole address is looked at all the same."""
        for url in ("/payments", "payments/{{ x }}", "", "{{ x }}"):
            assert faults({"connection": "House bank", "url": url}) == {}
        assert faults({"connection": "House bank", "url": "http://10.0.0.1/"}) == {"steps/pay/with/url": "EgressBlocked"}
        assert faults({"url": "/payments"}) == {"steps/pay/with/url": "EgressBlocked"}

    def test_an_allowed_inner_address_is_not(self, allowed: Recorder) -> None:
        """EGRESS_ALLOW counts when documents are checked too."""
        assert faults({"url": f"{allowed.url}/pay"}) == {}

    def test_one_body_only(self) -> None:
        """Two would contradict each other."""
        assert faults({"url": "https://example.com/", "json": {}, "body": ""}) == {}
        assert faults({"url": "https://example.com/", "json": {"a": 1}, "form": {"a": 1}}) == {"steps/pay/with/form": "Contradiction"}

    def test_headers_of_the_connection(self) -> None:
        """They are not the author's."""
        assert faults({"url": "{{ x }}", "headers": {"Host": "inner", "X-Mine": "1"}}) == {"steps/pay/with/headers/Host": "Reserved"}
