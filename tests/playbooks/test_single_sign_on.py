"""Single sign-on: another service says who somebody is, within its domains, about people who are here already."""

from __future__ import annotations

import base64
import re
import uuid
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from pytest_django.fixtures import Settings

from config import sign_in
from config.environment import WrongSetting
from playbooks_app.models import User
from tests.playbooks.identity_provider import IdentityProvider, running

pytestmark = pytest.mark.django_db
RESPONSE = Path(__file__).with_name("saml_response.xml")
OIDC = {"kind": "oidc", "id": "acme", "name": "Acme ID", "domains": ["acme.example"], "client_id": "handrail", "client_secret": "s"}
LOGIN, CALLBACK = "/accounts/single-sign-on/oidc/acme/login/", "/accounts/single-sign-on/oidc/acme/login/callback/"


@pytest.fixture
def provider(settings: Settings, people: dict[str, User]) -> Iterator[IdentityProvider]:
    """Speaks for acme.example."""
    with running() as found:
        settings.SOCIALACCOUNT_PROVIDERS = sign_in.made([{**OIDC, "server_url": found.url}])
        yield found


def test_who_is_here_already_comes_in(provider: IdentityProvider) -> None:
    """By the verified address, whatever the case of its letters; without a password here, and again the next time."""
    for number in range(2):
        provider.claims = {"sub": "77", "email": "Alice@acme.example", "email_verified": True}
        client, answer = _come(provider)
        assert answer.status_code == 302 and answer.headers["Location"] == "/runs/"
        assert client.session["_auth_user_id"] == str(User.objects.get(username="alice").pk), number


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"email": "zoe@acme.example", "email_verified": True}, "nobody here has that address"),
        ({"email": "alice@acme.example", "email_verified": False}, "did not name an address"),
        ({"email": "eve@globex.example", "email_verified": True}, "did not name an address"),
        ({}, "did not name an address"),
    ],
)
def test_nobody_else_does(claims: dict[str, Any], says: str, provider: IdentityProvider) -> None:
    """No stranger, no address that is not verified, nobody of a domain for which the service does not speak. Nobody is made."""
    before = User.objects.count()
    provider.claims = {"sub": "78", **claims}
    client, answer = _come(provider)
    assert answer.status_code == 403 and says in answer.content.decode()
    assert "_auth_user_id" not in client.session and User.objects.count() == before


def test_who_was_known_and_lost_the_address_stays_outside(provider: IdentityProvider) -> None:
    """The service's word counts each time."""
    provider.claims = {"sub": "77", "email": "alice@acme.example", "email_verified": True}
    _come(provider)
    provider.claims = {"sub": "77", "email": "alice@elsewhere.example", "email_verified": True}
    client, answer = _come(provider)
    assert answer.status_code == 403 and "_auth_user_id" not in client.session


def test_who_is_switched_off_stays_outside(provider: IdentityProvider) -> None:
    """Here decides, not there."""
    User.objects.filter(username="alice").update(is_active=False)
    provider.claims = {"sub": "77", "email": "alice@acme.example", "email_verified": True}
    client, answer = _come(provider)
    assert answer.headers["Location"] == "/accounts/inactive/" and "_auth_user_id" not in client.session


def test_an_answer_that_nobody_asked_for_is_refused(provider: IdentityProvider) -> None:
    """Its state is that of this browser's own question; the provider is not even asked."""
    answer = Client().get(CALLBACK, {"code": "x", "state": "y"})
    assert answer.status_code in (401, 403) and provider.tokens_given == 0


def test_the_page_offers_it(provider: IdentityProvider) -> None:
    """And its content policy lets the form lead there; a GET asks first."""
    page = Client().get("/accounts/login/")
    assert "Sign in with Acme ID" in page.content.decode() and "form-action 'self' https:" in page.headers["Content-Security-Policy"]
    assert Client().get(LOGIN).status_code == 200


def test_nothing_is_offered_without_a_service() -> None:
    """And forms lead nowhere else."""
    page = Client().get("/accounts/login/")
    assert "Sign in with Acme" not in page.content.decode() and "form-action 'self';" in page.headers["Content-Security-Policy"]


class TestSaml:
    """A service that signs what it says."""

    @pytest.fixture(autouse=True)
    def _service(self, settings: Settings, people: dict[str, User], signer: Signer) -> None:
        idp = {"entity_id": "https://id.globex.example", "sso_url": "https://id.globex.example/sso", "x509cert": signer.certificate}
        settings.SOCIALACCOUNT_PROVIDERS = sign_in.made(
            [{"kind": "saml", "id": "globex", "name": "Globex ID", "domains": ["globex.example"], "idp": idp}]
        )

    def test_a_signed_word_opens(self, signer: Signer) -> None:
        """For whom it names."""
        client, answer = self._come(lambda question: signer.sign(_assertion(question, "eve@globex.example")))
        assert answer.status_code == 302 and client.session["_auth_user_id"] == str(User.objects.get(username="eve").pk)

    @pytest.mark.parametrize("fault", ["unsigned", "changed", "old", "foreign", "other"])
    def test_anything_else_does_not(self, fault: str, signer: Signer) -> None:
        """Not signed, changed after signing, too old, of another domain, signed by somebody else."""

        def word(question: str) -> str:
            address = "alice@acme.example" if fault == "foreign" else "eve@globex.example"
            text = _assertion(question, address, age=timedelta(hours=2) if fault == "old" else timedelta(0))
            if fault == "unsigned":
                return text
            signed = (Signer() if fault == "other" else signer).sign(text)
            return signed.replace("eve@", "eva@") if fault == "changed" else signed

        client, answer = self._come(word)
        assert answer.status_code in (401, 403) and "_auth_user_id" not in client.session

    def test_an_answer_counts_once_and_for_its_question(self, signer: Signer) -> None:
        """A word caught on its way opens no second browser."""
        kept: list[str] = []

        def word(question: str) -> str:
            kept.append(signer.sign(_assertion(question, "eve@globex.example")))
            return kept[0]

        first, _ = self._come(word)
        assert "_auth_user_id" in first.session
        client, answer = self._come(lambda question: kept[0])
        assert answer.status_code in (401, 403) and "_auth_user_id" not in client.session

    def _come(self, answer: Callable[[str], str]) -> tuple[Client, Any]:
        client = Client(headers={"Host": "127.0.0.1"})
        asked = client.post("/accounts/single-sign-on/saml/globex/login/")
        question = _inflate(parse_qs(urlsplit(asked.headers["Location"]).query)["SAMLRequest"][0])
        response = base64.b64encode(answer(question).encode()).decode()
        posted = client.post("/accounts/single-sign-on/saml/globex/acs/", {"SAMLResponse": response})
        return client, client.get(posted.headers["Location"])


class Signer:
    """A service's key."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "id.globex.example")])
        begun = datetime(2020, 1, 1, tzinfo=UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        made = builder.not_valid_before(begun).not_valid_after(begun + timedelta(days=36500)).sign(key, hashes.SHA256())
        self.certificate = made.public_bytes(serialization.Encoding.PEM).decode()
        formats = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        self._key = key.private_bytes(*formats).decode()

    def sign(self, response: str) -> str:
        """The response with its assertion signed."""
        assertion = re.search(r"<saml:Assertion.*</saml:Assertion>", response, re.DOTALL)
        assert assertion is not None
        sha = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256"
        signed = OneLogin_Saml2_Utils.add_sign(assertion[0], self._key, self.certificate, False, *sha)
        return response.replace(assertion[0], signed.decode() if isinstance(signed, bytes) else signed)


@pytest.fixture(scope="module")
def signer() -> Signer:
    """One key for all tests: making it takes its time."""
    return Signer()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[{}]", '"kind"'),
        ("{}", "path of a file"),
        ("[1]", '"kind"'),
        ('[{"kind": "oidc", "id": "a"}]', "missing"),
        ('[{"kind": "saml", "id": "a", "name": "A", "domains": [], "idp": {"metadata_url": "x"}}]', "at least one e-mail domain"),
        ('[{"kind": "saml", "id": "a", "name": "A", "domains": ["a.example"], "idp": {}}]', "x509cert"),
    ],
)
def test_a_wrong_setting_stops_the_boot_by_name(text: str, says: str) -> None:
    """And says what is missing."""
    with pytest.raises(WrongSetting, match="SIGN_IN_PROVIDERS") as refusal:
        sign_in.providers(text)
    assert says in str(refusal.value)


def _come(provider: IdentityProvider) -> tuple[Client, Any]:
    """Through the provider and back."""
    client = Client()
    asked = client.post(LOGIN + "?next=/runs/")
    back = httpx.get(asked.headers["Location"]).headers["Location"]
    return client, client.get(back.replace("http://testserver", ""))


def _inflate(question: str) -> str:
    return zlib.decompress(base64.b64decode(question), -15).decode()


def _assertion(question: str, address: str, *, age: timedelta = timedelta(0)) -> str:
    """A response to that question. Times are those of the world: the service knows nothing of a clock that was moved."""
    asked = ElementTree.fromstring(question)
    now = datetime.now(UTC) - age
    at, until = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (now, now + timedelta(minutes=5)))
    acs, entity = asked.attrib["AssertionConsumerServiceURL"], asked[0].text
    places = {"at": at, "until": until, "acs": acs, "entity": entity, "address": address, "question": asked.attrib["ID"]}
    return RESPONSE.read_text().format(id=f"_{uuid.uuid4().hex}", assertion_id=f"_{uuid.uuid4().hex}", **places)
