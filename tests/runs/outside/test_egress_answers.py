"""What comes back fits into memory and into the language (law 11)."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
import zlib
from typing import Any

import pytest

from playbooks_app.language.step_type import StepFailed
from runs_app.egress.answers import unpacked
from tests.recorder import Recorder
from tests.runs.outside.calling import call, failure


class TestBodies:
    """What comes back."""

    @pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-gzip"])
    def test_a_bomb_is_stopped_after_inflating_ten_megabytes(self, encoding: str, allowed: Recorder) -> None:
        """60 KB that become 60 MB are not taken, and not held in memory either."""
        pack = gzip.compress if "gzip" in encoding else zlib.compress
        allowed.answer(body=pack(b"\0" * 60_000_000), headers={"Content-Encoding": encoding})

        failed = failure(allowed.url, timeout_seconds=20)

        assert (failed.code, failed.transient, failed.details) == ("PayloadTooLarge", False, {"limit_bytes": 10_000_000})

    def test_a_bomb_fills_no_memory(self) -> None:
        """One packet of 60 KB holds 60 MB: no more than the limit is ever unpacked."""
        packet = gzip.compress(b"\0" * 60_000_000)
        tracemalloc.start()
        try:
            with pytest.raises(StepFailed):
                unpacked([packet], "gzip", 1_000_000, "bomb.test")
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()

    def test_a_large_body_is_refused_whether_announced_or_not(self, allowed: Recorder) -> None:
        """Content-Length is believed when it is too large, and not needed to find out."""
        allowed.answer(body=b"x", headers={"Content-Length": "2000"}, times=1)  # the rest never comes: nobody waits for it
        allowed.answer(body=b"x" * 2_000, headers={"Content-Length": None, "Connection": "close"}, drip_seconds=1e-6)

        assert failure(allowed.url, limit_bytes=1_999).code == "PayloadTooLarge"
        assert failure(allowed.url, limit_bytes=1_999).code == "PayloadTooLarge"

    def test_a_body_of_the_very_limit_is_taken(self, allowed: Recorder) -> None:
        """The limit itself is not beyond the limit, packed or not."""
        allowed.answer(body=b"x" * 2_000, times=1)
        allowed.answer(body=gzip.compress(b"x" * 2_000), headers={"Content-Encoding": "gzip"})

        assert len(call(allowed.url, limit_bytes=2_000).content) == 2_000
        assert len(call(allowed.url, limit_bytes=2_000).content) == 2_000

    def test_packed_bodies_are_unpacked(self, allowed: Recorder) -> None:
        """gzip, also of several members; deflate, also without its wrapper."""
        bare = zlib.compressobj(wbits=-15)
        for body, encoding in [
            (gzip.compress(b"ab") + gzip.compress(b"cd"), "gzip"),
            (zlib.compress(b"abcd"), "deflate"),
            (bare.compress(b"abcd") + bare.flush(), "deflate"),
            (b"abcd", "identity"),
        ]:
            allowed.answer(body=body, headers={"Content-Encoding": encoding}, times=1)
            assert call(allowed.url).content == b"abcd"

    def test_a_broken_or_unknown_packing_is_a_failure(self, allowed: Recorder) -> None:
        """Half of a body is never taken for the whole."""
        allowed.answer(body=b"no gzip at all", headers={"Content-Encoding": "gzip"}, times=1)
        allowed.answer(body=b"\x0b\x02\x80abcd\x03", headers={"Content-Encoding": "br"}, times=1)

        assert failure(allowed.url).code == "ConnectionFailed"
        assert failure(allowed.url).code == "ServerError"

    def test_a_body_cut_short_is_a_failed_connection(self, allowed: Recorder) -> None:
        """Less than was announced."""
        allowed.answer(body=b"abc", headers={"Content-Length": "10", "Connection": "close"})
        threading.Timer(0.2, allowed.stop).start()

        assert failure(allowed.url).code == "ConnectionFailed"

    @pytest.mark.parametrize(
        ("body", "kind", "value"),
        [
            (b'{"a": [1, 2.5]}', "application/json", {"a": [1, 2.5]}),
            (b"3", "application/vnd.x+json; charset=utf-8", 3),
            (b' {"a": 1}', None, {"a": 1}),
            (b"[1]", "text/plain", [1]),
            (b"3", "text/plain", "3"),
            (b"<p>", "text/html", "<p>"),
            (b'{"a": ', "application/json", '{"a": '),
            (b"caf\xe9", "text/plain; charset=latin-1", "café"),
            (b"a\x00b", "text/plain", "a\ufffdb"),
            (b"\xff\xd8\xff", "image/jpeg", {"base64": "/9j/"}),
            (b"", "application/json", None),
        ],
    )
    def test_json_is_parsed_and_everything_else_stays_readable(self, body: bytes, kind: str | None, value: Any, allowed: Recorder) -> None:
        """The author finds an object where there is one, and text otherwise."""
        allowed.answer(body=body, headers={"Content-Type": kind})

        assert call(allowed.url).value() == value

    @pytest.mark.parametrize("body", [b'{"a": "\\u0000"}', b'{"a": "\\ud800"}', b'{"a": NaN}', b'{"a": 1e400}', b"[" * 100_000 + b"]" * 100_000])
    def test_json_that_cannot_be_stored_does_not_fail_the_step(self, body: bytes, allowed: Recorder) -> None:
        """The call has had its effect; its answer stays text."""
        allowed.answer(body=body)

        assert call(allowed.url).value() == body.decode()


class TestRefusals:
    """Statuses as failures."""

    @pytest.mark.parametrize(
        ("status", "code", "transient"),
        [
            *((status, "ClientError", False) for status in (400, 401, 402, 403, 404, 408, 409, 422)),
            (429, "RateLimited", True),
            *((status, "ServerError", True) for status in (500, 502, 503, 504, 599)),
        ],
    )
    def test_each_status_has_its_code(self, status: int, code: str, transient: bool, allowed: Recorder) -> None:
        """429 and 5xx may be tried again, other 4xx not; status and body are kept."""
        allowed.answer(status, body={"why": "closed"})

        failed = failure(allowed.url)

        assert (failed.code, failed.transient) == (code, transient)
        assert failed.details == {"status": status, "body": '{"why": "closed"}'}

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (b'{"error": "account closed"}', "127.0.0.1 refused the call (402): account closed"),
            (b'{"error": {"code": 7, "message": "account\\n closed"}}', "127.0.0.1 refused the call (402): account closed"),
            (b"account\nclosed", "127.0.0.1 refused the call (402): account closed"),
            (b'{"code": 7}', "127.0.0.1 refused the call (402)."),
            (b"<html><h1>Payment Required</h1>", "127.0.0.1 refused the call (402)."),
            (b"\xff\xfe", "127.0.0.1 refused the call (402)."),
            (b"", "127.0.0.1 refused the call (402)."),
            (b"x" * 5_000, f"127.0.0.1 refused the call (402): {'x' * 200}"),
        ],
    )
    def test_the_reason_is_in_the_message(self, body: bytes, message: str, allowed: Recorder) -> None:
        """Who repairs the run reads what the other side said, without opening anything; pages of HTML are spared."""
        allowed.answer(402, body)

        assert failure(allowed.url).message == message

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [("17", 17.0), ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0), ("Wed, 21 Oct 2020 07:28:30 GMT", 0.0), ("soon", None), ("-5", None), ("٣", None)],
    )
    def test_the_wish_to_wait_is_kept(self, text: str, seconds: float | None, allowed: Recorder) -> None:
        """Retry-After in seconds, or as a date counted from the other side's own clock."""
        allowed.answer(429, headers={"Retry-After": text.encode().decode("latin-1"), "Date": "Wed, 21 Oct 2026 07:28:00 GMT"})

        assert failure(allowed.url).details.get("retry_after") == seconds

    def test_only_an_excerpt_of_a_refusal_is_kept(self, allowed: Recorder) -> None:
        """However large it is; a large refusal is still a refusal."""
        allowed.answer(404, body=b"x" * 20_000_000)

        failed = failure(allowed.url)

        assert (failed.code, len(failed.details["body"])) == ("ClientError", 2_000)

    def test_a_refusal_is_not_read_to_its_end(self, allowed: Recorder) -> None:
        """Its beginning is enough, however long it says that it is."""
        allowed.answer(404, body=b"x" * 70_000, headers={"Content-Length": "1000000000"})

        assert failure(allowed.url, timeout_seconds=2).details["body"] == "x" * 2_000

    def test_a_closed_port_is_a_failed_connection(self, allowed: Recorder) -> None:
        """Which may be tried again."""
        allowed.stop()

        failed = failure(allowed.url)

        assert (failed.code, failed.transient) == ("ConnectionFailed", True)

    def test_messages_do_not_repeat_the_address(self, allowed: Recorder) -> None:
        """A query may carry a secret; the host is enough."""
        allowed.answer(500)

        for failed in (failure(f"{allowed.url}/p?token=s3cret"), failure("http://10.0.0.1/?token=s3cret"), failure("http://u:s3cret@example.com/")):
            assert "s3cret" not in str(failed.as_json())
