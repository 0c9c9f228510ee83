"""Nothing that an author writes leads a call to an inner address (laws 11, 33)."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from runs_app import egress
from runs_app.egress import rules
from tests.recorder import Recorder
from tests.runs.outside.calling import call, failure, resolve
from tests.runs.outside.corpus import INNER, OUTER, SPELLINGS


class TestAddresses:
    """Where a call may go."""

    @pytest.mark.parametrize("address", INNER)
    def test_no_inner_address_is_connected_to(self, address: str, settings: Settings, connections: list[str]) -> None:
        """A name that leads to it is refused, and so is the address itself."""
        resolve(settings, f"inner.test={address}")

        assert failure("http://inner.test/").code == "EgressBlocked"
        assert failure(f"http://[{address}]/" if ":" in address else f"http://{address}/").code == "EgressBlocked"

        assert connections == []

    @pytest.mark.parametrize("address", OUTER)
    def test_addresses_of_the_open_internet_are_free(self, address: str) -> None:
        """The table forbids no more than it must, up to its very edges."""
        found = [ip_address(address)]

        assert rules.Rules().permitted("outer.test", 443, found) == found

    @pytest.mark.parametrize("spelling", SPELLINGS)
    def test_no_spelling_of_an_address_gets_through(self, spelling: str, recorder: Recorder, connections: list[str]) -> None:
        """However the address is written, nobody is connected to."""
        refused = failure(spelling.format(port=recorder.port))

        assert refused.code == "EgressBlocked"
        assert not refused.transient
        assert (recorder.calls, connections) == ([], [])

    def test_one_inner_address_among_others_spoils_a_name(self, recorder: Recorder, settings: Settings, connections: list[str]) -> None:
        """A name that leads outside and inside at once is a trick, whichever address comes first."""
        resolve(settings, "first.test=93.184.216.34+127.0.0.1,last.test=127.0.0.1+93.184.216.34")

        for host in ("first.test", "last.test"):
            assert failure(f"http://{host}:{recorder.port}/").code == "EgressBlocked"
        assert (recorder.calls, connections) == ([], [])

    def test_a_name_is_resolved_once(self, allowed: Recorder, monkeypatch: pytest.MonkeyPatch, connections: list[str]) -> None:
        """Rebinding: a resolver that answers differently the second time is not asked a second time; what was checked is what is connected to."""
        asked = []
        system = socket.getaddrinfo

        def resolver(host: str, port: int, *args: Any, **more: Any) -> Any:
            if not host.endswith(".example"):
                return system(host, port, *args, **more)
            asked.append(host)
            return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", resolver)

        assert call(f"http://rebinding.example:{allowed.port}/").status == 200
        assert (asked, connections) == (["rebinding.example"], ["127.0.0.1"])

    def test_an_open_connection_does_not_outlive_the_rules(self, allowed: Recorder, settings: Settings) -> None:
        """What was allowed once is no way in afterwards."""
        call(allowed.url)

        settings.EGRESS_ALLOW = ""

        assert failure(allowed.url).code == "EgressBlocked"

    def test_an_exception_is_as_narrow_as_it_is_written(self, allowed: Recorder, settings: Settings) -> None:
        """One port of one address; a network without port stands for all of its ports."""
        with Recorder() as other:
            assert call(allowed.url).status == 200
            assert failure(other.url).code == "EgressBlocked"

            settings.EGRESS_ALLOW = "10.0.0.0/8, 127.0.0.0/8"

            assert call(other.url).status == 200

    def test_an_exception_holds_for_names_of_the_address(self, allowed: Recorder, settings: Settings, connections: list[str]) -> None:
        """`localhost` may be the IPv6 address too, which was not allowed: the allowed one is used."""
        resolve(settings, "localhost=::1+127.0.0.1")

        assert call(f"http://localhost:{allowed.port}/").status == 200
        assert connections == ["127.0.0.1"]

    @pytest.mark.parametrize("text", ["localhost:9001", "127.0.0.1:99999", "127.0.0.1/33", "10.1.0.0/8", "[::1", "1.2.3"])
    def test_a_wrong_exception_is_named(self, text: str, settings: Settings) -> None:
        """A slip in EGRESS_ALLOW is told by name and value, instead of allowing nothing or everything."""
        settings.EGRESS_ALLOW = f"127.0.0.1:9001,{text}"

        with pytest.raises(ImproperlyConfigured, match="EGRESS_ALLOW"):
            egress.present_rules()

    def test_exceptions_for_ipv6(self, settings: Settings) -> None:
        """With and without port, address and network."""
        settings.EGRESS_ALLOW = "[::1]:9001,fd00::/8,[fc00::]/16:443"
        present = egress.present_rules()

        for address, port, free in [("::1", 9001, True), ("::1", 9002, False), ("fd12::1", 1, True), ("fc00::5", 443, True), ("fc00::5", 80, False)]:
            assert any(target.covers(ip_address(address), port) for target in present.targets) is free

    def test_test_hosts_need_the_movable_clock(self, settings: Settings) -> None:
        """In production no variable of the environment answers for the resolver."""
        resolve(settings, "payments.example=127.0.0.1")
        assert egress.present_rules().names != ()

        settings.MOVABLE_CLOCK = False

        assert egress.present_rules().names == ()

    def test_the_environment_names_no_proxy(self, recorder: Recorder, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        """A proxy would connect for us, to addresses that nobody checked."""
        monkeypatch.setenv("HTTP_PROXY", recorder.url)
        monkeypatch.setenv("ALL_PROXY", recorder.url)
        resolve(settings, "inner.test=10.0.0.1")

        assert failure("http://inner.test/").code == "EgressBlocked"
        assert recorder.calls == []

    def test_an_unknown_name_is_a_failed_connection(self) -> None:
        """It may be known again later, so it is tried again."""
        failed = failure("http://no-such-name.invalid/")

        assert (failed.code, failed.transient) == ("ConnectionFailed", True)


class TestWritten:
    """What shows in a document before anything runs."""

    @pytest.mark.parametrize(
        "text",
        ["http://127.0.0.1:9001/pay/{{ payment.id }}", "http://0x7f.1/{{ x }}", "http://localhost?x={{ x }}", "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/latest",
         "ftp://example.com/{{ x }}", "http://me@example.com/", "http://017700000001/", "http://10.1/", "example.com/x", "http://localhost./"],
    )  # fmt: skip
    def test_what_can_never_be_called_is_refused_as_it_is_written(self, text: str) -> None:
        """An address whose host is complete before the first template needs no run to be judged."""
        assert egress.fault_of_written(text, rules.Rules())

    @pytest.mark.parametrize(
        "text",
        [
            "https://api.example.com/{{ x }}",
            "{{ config.bank_url }}/payments",
            "${{ config.url + '/x' }}",
            "http://127.0.0.{{ n }}/",
            "http://{{ host }}/",
            "https://1.1.1.1/",
        ],
    )
    def test_what_templates_decide_is_left_to_the_run(self, text: str) -> None:
        """No guess is made about a host that is not known yet."""
        assert egress.fault_of_written(text, rules.Rules()) == ""

    def test_exceptions_count_here_too(self, settings: Settings) -> None:
        """What the administrator allows can be written."""
        settings.EGRESS_ALLOW = "127.0.0.1:9001"

        assert egress.fault_of_written("http://127.0.0.1:9001/{{ x }}", egress.present_rules()) == ""
        assert egress.fault_of_written("http://127.0.0.1:9002/{{ x }}", egress.present_rules())
