"""A call ends in time, goes where it was checked to go, and sends what it may (law 11)."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from runs_app.egress import calls
from tests.mail_sink import SilentServer
from tests.recorder import Recorder
from tests.runs.outside.calling import call, failure, resolve


class TestRedirects:
    """Every hop is a call of its own."""

    @pytest.mark.parametrize(
        "place",
        ["http://10.0.0.1/", "http://169.254.169.254/latest", "file:///etc/passwd", "//127.0.0.1:1/", "http://a:b@example.com/", "http://0x7f.1:1/"],
    )
    def test_a_redirect_leads_nowhere_that_a_call_may_not_go(self, place: str, allowed: Recorder, connections: list[str]) -> None:
        """The second address is checked as the first."""
        allowed.answer(302, headers={"Location": place})

        assert failure(allowed.url).code == "EgressBlocked"
        assert len(allowed.calls) == 1
        assert set(connections) == {"127.0.0.1"}

    def test_redirects_end(self, allowed: Recorder) -> None:
        """A ring is left after five hops."""
        allowed.answer(302, headers={"Location": "/round"})

        assert failure(allowed.url).code == "ClientError"
        assert len(allowed.calls) == 6

    @pytest.mark.parametrize(
        ("method", "status", "then"),
        [
            ("POST", 301, "GET"),
            ("POST", 302, "GET"),
            ("POST", 303, "GET"),
            ("PUT", 303, "GET"),
            ("PUT", 302, "PUT"),
            ("POST", 307, "POST"),
            ("POST", 308, "POST"),
            ("HEAD", 303, "HEAD"),
        ],
    )
    def test_method_and_body_follow_the_rules_of_the_web(self, method: str, status: int, then: str, allowed: Recorder) -> None:
        """307 and 308 repeat what was sent, 303 asks for the result; 301 and 302 do so after a POST."""
        allowed.answer(status, headers={"Location": "/there?x=1"}, path="/here")

        call(f"{allowed.url}/here", method, content=b"abc", headers=[("Content-Type", "text/x")])

        second = allowed.calls[1]
        assert (second.method, second.path, second.query) == (then, "/there", {"x": ["1"]})
        assert second.body == ("abc" if then == method and then != "GET" else "")
        assert ("content-type" in second.headers) is (then == method)

    def test_credentials_stay_with_the_host_they_were_meant_for(self, allowed: Recorder, settings: Settings) -> None:
        """Another host sees neither Authorization nor any header that might be one; the idempotency key goes along."""
        with Recorder() as other:
            settings.EGRESS_ALLOW = f"127.0.0.1:{allowed.port},127.0.0.1:{other.port}"
            allowed.answer(307, headers={"Location": f"{other.url}/there"}, path="/away")
            allowed.answer(307, headers={"Location": "/there"}, path="/near")
            secrets = [("Authorization", "Bearer x"), ("X-Api-Key", "x"), ("Cookie", "x=1")]

            for path in ("/away", "/near"):
                call(allowed.url + path, "POST", headers=[*secrets, ("Idempotency-Key", "k")], content=b"{}")

            away, near = other.calls[0].headers, allowed.calls[-1].headers
            assert (away["idempotency-key"], near["idempotency-key"]) == ("k", "k")
            assert not {"authorization", "x-api-key", "cookie"} & set(away)
            assert {"authorization", "x-api-key", "cookie"} <= set(near)

    def test_the_deadline_spans_all_hops(self, allowed: Recorder) -> None:
        """Five slow redirects take no longer than one slow answer."""
        allowed.answer(302, headers={"Location": "/on"}, delay_seconds=0.25)

        assert failure(allowed.url, timeout_seconds=0.6).code == "Timeout"


class TestTime:
    """The deadline covers everything."""

    def test_a_server_that_never_answers(self, allowed: Recorder) -> None:
        """A time-out, which may be tried again."""
        allowed.answer(never=True)

        failed = failure(allowed.url, timeout_seconds=0.3)

        assert (failed.code, failed.transient) == ("Timeout", True)

    def test_a_drip_does_not_keep_a_call_alive(self, allowed: Recorder) -> None:
        """Each byte comes in time, all of them do not."""
        allowed.answer(body=b"x" * 1000, drip_seconds=0.05)

        assert failure(allowed.url, timeout_seconds=0.5).code == "Timeout"

    def test_a_refusal_that_drips_is_still_a_refusal(self, allowed: Recorder) -> None:
        """A 402 must not become a time-out, which would be tried again."""
        allowed.answer(402, body=b"x" * 1000, drip_seconds=0.05)

        assert failure(allowed.url, timeout_seconds=0.5).code == "ClientError"

    def test_a_server_that_does_not_read(self, settings: Settings) -> None:
        """A large body that nobody takes ends at the deadline as well."""
        with SilentServer() as server:
            settings.EGRESS_ALLOW = f"127.0.0.1:{server.port}"

            assert failure(f"http://127.0.0.1:{server.port}/", "POST", content=b"x" * 30_000_000, timeout_seconds=0.5).code == "Timeout"

    def test_a_handshake_that_never_ends(self, settings: Settings) -> None:
        """Encryption is part of the call."""
        with SilentServer() as server:
            settings.EGRESS_ALLOW = f"127.0.0.1:{server.port}"

            assert failure(f"https://127.0.0.1:{server.port}/", timeout_seconds=0.4).code == "Timeout"

    def test_a_resolver_that_never_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The system's resolver knows no time-out; the call does."""
        release = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(30) and [])

        assert failure("http://slow.example/", timeout_seconds=0.3).code == "Timeout"
        release.set()

    def test_the_next_call_has_a_time_of_its_own(self, allowed: Recorder) -> None:
        """A connection that is used again does not remember an old deadline."""
        assert call(allowed.url, timeout_seconds=0.2).status == 200
        allowed.answer(delay_seconds=0.4)

        assert call(allowed.url, timeout_seconds=5).status == 200


class TestHeaders:
    """What is sent."""

    @pytest.mark.parametrize(
        "header", [("X-A", "b\r\nX-C: d"), ("X-A\r\nX-C", "b"), ("X A", "b"), ("", "b"), ("X-A", "b\x00"), ("X-A", "é"), ("X-A", "b\n c")]
    )
    def test_no_header_can_smuggle_another(self, header: tuple[str, str], allowed: Recorder) -> None:
        """Line breaks and the like are refused before anything is sent."""
        assert failure(allowed.url, headers=[header]).code == "InputInvalid"
        assert allowed.calls == []

    @pytest.mark.parametrize(
        "header", ["Host", "Content-Length", "transfer-encoding", "Connection", "Accept-Encoding", "Proxy-Authorization", "Expect"]
    )
    def test_headers_of_the_connection_are_not_the_callers(self, header: str, allowed: Recorder) -> None:
        """They could lead another way than the address that was checked."""
        assert failure(allowed.url, headers=[(header, "x")]).code == "InputInvalid"

    def test_unknown_methods_are_refused(self, allowed: Recorder) -> None:
        """CONNECT would be a way through."""
        assert failure(allowed.url, "CONNECT").code == "InputInvalid"

    def test_no_cookie_travels_from_call_to_call(self, allowed: Recorder) -> None:
        """Runs share connections, and nothing else."""
        allowed.answer(headers={"Set-Cookie": "session=1; Path=/"})

        for _ in range(2):
            call(allowed.url)

        assert all("cookie" not in each.headers for each in allowed.calls)

    def test_the_host_is_named_as_written(self, allowed: Recorder, settings: Settings) -> None:
        """The connection goes to an address, the request to the name."""
        resolve(settings, "pay.test=127.0.0.1")

        call(f"http://pay.test:{allowed.port}/x")

        assert allowed.calls[0].headers["host"] == f"pay.test:{allowed.port}"


class TestConnections:
    """Fast where it is safe."""

    def test_connections_are_used_again(self, allowed: Recorder, connections: list[str]) -> None:
        """Many calls to one host, few connections, from several threads."""
        with ThreadPoolExecutor(4) as threads:
            statuses = list(threads.map(lambda n: call(f"{allowed.url}/{n}").status, range(100)))

        assert statuses == [200] * 100
        assert len(connections) < 20
        assert sorted(each.path for each in allowed.calls) == sorted(f"/{n}" for n in range(100))

    def test_a_connection_closed_by_the_other_side_is_not_used(self, allowed: Recorder) -> None:
        """A server that was started again is simply called again."""
        call(allowed.url)
        allowed.stop()
        allowed.start()

        assert call(allowed.url).status == 200

    def test_a_call_cut_off_leaves_no_rest_behind(self, allowed: Recorder) -> None:
        """The late answer of one call is never taken for that of the next."""
        allowed.answer(body={"late": True}, delay_seconds=0.4, path="/late")

        assert failure(f"{allowed.url}/late", timeout_seconds=0.2).code == "Timeout"
        assert call(f"{allowed.url}/next").value()["ok"] is True


class TestEncryption:
    """https."""

    def test_the_name_is_checked_although_the_address_is_pinned(self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The certificate must be that of the name; greeting and Host carry the name."""
        greeted: list[str | None] = []
        server = _certificate_for("pay.test", tmp_path)
        server.sni_callback = lambda _socket, server_name, _context: greeted.append(server_name)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        calls._encryption.cache_clear()
        with Recorder(tls=server) as recorder:
            settings.EGRESS_ALLOW = f"127.0.0.1:{recorder.port}"
            resolve(settings, "pay.test=127.0.0.1,other.test=127.0.0.1")

            assert call(f"https://pay.test:{recorder.port}/").status == 200
            wrong = failure(f"https://other.test:{recorder.port}/")

        assert (wrong.code, len(recorder.calls)) == ("ConnectionFailed", 1)
        assert greeted[0] == "pay.test"
        assert recorder.calls[0].headers["host"] == f"pay.test:{recorder.port}"
        calls._encryption.cache_clear()


def _certificate_for(host: str, folder: Path) -> ssl.SSLContext:
    """A server's side with a certificate of its own, valid for a day, kept in `certificate.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    today = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today)
        .not_valid_after(today + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context
