"""Services for single sign-on, from the environment: SIGN_IN_PROVIDERS is JSON, or the path of a file that holds it.

    [{"kind": "oidc", "id": "acme", "name": "Acme", "domains": ["acme.example"],
      "server_url": "https://id.acme.example", "client_id": "handrail", "client_secret": "…", "trust_email": false},
     {"kind": "saml", "id": "globex", "name": "Globex", "domains": ["globex.example"],
      "idp": {"entity_id": "…", "sso_url": "https://…", "x509cert": "…"}}]

`domains`: the e-mail domains that the service speaks for. `trust_email`: the service does not say that it has verified addresses, but has.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from config.environment import WrongSetting

NAME = "SIGN_IN_PROVIDERS"
NEEDED = {"oidc": {"id", "name", "domains", "server_url", "client_id", "client_secret"}, "saml": {"id", "name", "domains", "idp"}}
ALLOWED = {"oidc": NEEDED["oidc"] | {"kind", "trust_email"}, "saml": NEEDED["saml"] | {"kind", "attribute_mapping", "sp"}}
IDP = {"entity_id", "sso_url", "x509cert"}
SIGNED = {"want_assertion_signed": True, "reject_idp_initiated_sso": True}

Entry = dict[str, Any]


def providers(text: str) -> dict[str, Entry]:
    """For SOCIALACCOUNT_PROVIDERS. Raises WrongSetting."""
    return made(_entries(text))


def made(entries: list[Any]) -> dict[str, Entry]:
    """The same of what was read. Raises WrongSetting."""
    found: dict[str, list[Entry]] = {"oidc": [], "saml": []}
    for entry in entries:
        _check(entry)
        found[entry["kind"]].append(_oidc(entry) if entry["kind"] == "oidc" else _saml(entry))
    ids = [app["provider_id"] for apps in found.values() for app in apps]
    if len(set(ids)) < len(ids):
        raise WrongSetting(f"{NAME} must give each service an id of its own; they are {', '.join(ids)}.")
    return {"openid_connect": {"APPS": found["oidc"], "OAUTH_PKCE_ENABLED": True}, "saml": {"APPS": found["saml"]}}


def _entries(text: str) -> list[Any]:
    if not text:
        return []
    try:
        read = json.loads(text if text.startswith("[") else Path(text).read_text())
    except (OSError, ValueError) as fault:
        raise WrongSetting(f"{NAME} must be JSON, or the path of a file with JSON: {fault}.") from fault
    if not isinstance(read, list):
        raise WrongSetting(f"{NAME} must be a list of services.")
    return read


def _check(entry: Any) -> None:
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if kind not in NEEDED:
        raise WrongSetting(f'{NAME} must give each service a "kind": "oidc" or "saml".')
    missing, unknown = sorted(NEEDED[kind] - set(entry)), sorted(set(entry) - ALLOWED[kind])
    if missing or unknown:
        raise WrongSetting(f"{NAME}: a service of kind {kind} needs {', '.join(sorted(NEEDED[kind]))}; missing: {missing}, unknown: {unknown}.")
    if not isinstance(entry["domains"], list) or not entry["domains"]:
        raise WrongSetting(f'{NAME}: "domains" of {entry["id"]} must name at least one e-mail domain, such as acme.example.')
    if kind == "saml" and not ("metadata_url" in entry["idp"] or set(entry["idp"]) >= IDP):
        raise WrongSetting(f'{NAME}: "idp" of {entry["id"]} needs {", ".join(sorted(IDP))}, or entity_id and metadata_url.')


def _oidc(entry: Entry) -> Entry:
    settings = {"server_url": entry["server_url"], "domains": entry["domains"]}
    if entry.get("trust_email"):
        settings["verified_email"] = entry["domains"]
    client = {"client_id": entry["client_id"], "secret": entry["client_secret"]}
    return {"provider_id": entry["id"], "name": entry["name"], **client, "settings": settings}


def _saml(entry: Entry) -> Entry:
    """Its assertions are signed, so its addresses are as good as itself; the domains bound what it can claim."""
    settings = {"idp": entry["idp"], "domains": entry["domains"], "verified_email": entry["domains"], "advanced": SIGNED}
    settings |= {name: entry[name] for name in ("attribute_mapping", "sp") if name in entry}
    return {"provider_id": entry["id"], "name": entry["name"], "client_id": entry["id"], "settings": settings}
