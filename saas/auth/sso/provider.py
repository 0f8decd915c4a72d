"""Speaking OpenID Connect with one provider: discovery, the address that a browser is sent to, code → checked claims.

OpenID Connect Core 1.0, Discovery 1.0, PKCE (RFC 7636), issuer in the answer (RFC 9207). Nothing here knows members or sessions.
"""

from __future__ import annotations

import base64
import json
import time
import warnings
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped] # authlib has no types
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped] # authlib has no types
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from saas.auth.sso.asking import MAX_TEXT, Kept, Trouble, asking, get_json, silent, unbelievable
from saas.auth.sso.guarded import Unreachable, check_url
from saas.core.i18n import _

with warnings.catch_warnings():
    # Authlib would rather have httpx2, which is not what the rest of the product speaks; it works with httpx as well.
    warnings.simplefilter("ignore")
    from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped] # authlib has no types

WELL_KNOWN = "/.well-known/openid-configuration"
SCOPES = "openid email profile"
# Signatures with a public key only: "none" and the client's own secret (HS…) are no proof of where a token comes from.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY_S = 90
OLDEST_S = 600


_discovered, _keys = Kept(), Kept()


@dataclass(frozen=True)
class Provider:
    """A provider and what we are to it. With `is_shared` one set of addresses serves many issuers (`{tenantid}`, Microsoft's way)."""

    issuer: str
    client_id: str
    secret: str
    is_development: bool
    is_shared: bool = False
    scopes: str = SCOPES


@dataclass(frozen=True)
class Claims:
    """Who the provider says has signed in: checked, but not yet believed to be anybody here. `raw` is all it said, plain JSON."""

    issuer: str
    subject: str
    raw: dict[str, Any]

    @property
    def email(self) -> str:
        return self._text("email")

    @property
    def is_email_verified(self) -> bool:
        # Some providers send the word; anything else than a clear yes is a no.
        return self.raw.get("email_verified") in (True, "true")

    @property
    def name(self) -> str:
        whole = " ".join(part for part in (self._text("given_name"), self._text("family_name")) if part)
        return self._text("name") or whole or self.email.partition("@")[0]

    def groups(self, claim: str) -> frozenset[str] | None:
        """List the groups of a claim; None when the provider did not send it."""
        value = self.raw.get(claim)
        if value is None:
            return None
        return frozenset(str(one)[:MAX_TEXT] for one in (value if isinstance(value, list) else [value]))

    def _text(self, name: str) -> str:
        value = self.raw.get(name)
        return value.strip()[:MAX_TEXT] if isinstance(value, str) else ""


def plain_issuer(text: str) -> str:
    """Take an issuer out of what an admin pastes: the issuer, or the address of its discovery document."""
    plain = text.strip()
    return plain[: -len(WELL_KNOWN)] if plain.endswith(WELL_KNOWN) else plain


def authorization_url(provider: Provider, redirect_uri: str, *, state: str, nonce: str, verifier: str, **more: str) -> str:
    """Build the address a browser is sent to. Raises Trouble when the provider does not answer or is none."""
    found = discover(provider)
    client = OAuth2Client(provider.client_id, scope=provider.scopes, redirect_uri=redirect_uri, code_challenge_method="S256")
    with client:
        url, _state = client.create_authorization_url(
            found["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier, **more
        )
    return str(url)


def redeem(provider: Provider, redirect_uri: str, *, code: str, nonce: str, verifier: str) -> Claims:
    """Turn a code into checked claims, completed by what the userinfo endpoint says of the same person. Raises Trouble."""
    found = discover(provider)
    with asking(is_development=provider.is_development) as transport:
        client = OAuth2Client(
            provider.client_id, provider.secret, transport=transport, redirect_uri=redirect_uri, trust_env=False, follow_redirects=False,
            token_endpoint_auth_method=_auth_method(found),
        )  # fmt: skip
        with client:
            try:
                token = client.fetch_token(
                    found["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier, redirect_uri=redirect_uri
                )
            except OAuthError as error:
                raise _refused(error) from error
            except (httpx.HTTPError, ValueError) as error:
                raise Unreachable(f"token endpoint: {error}"[:MAX_TEXT]) from error
    id_token = token.get("id_token")
    if not isinstance(id_token, str):
        raise unbelievable("no id_token in the answer of the token endpoint")
    claims = _checked(provider, found, id_token, nonce, str(token.get("access_token") or ""))
    return _completed(provider, found, claims, str(token.get("access_token") or ""))


def discover(provider: Provider) -> dict[str, Any]:
    """Return what the provider says about itself, kept for ten minutes. Raises Trouble."""
    found: dict[str, Any] = _discovered.get(provider.issuer, lambda: _fetch_metadata(provider))
    return found


def forget(provider: Provider) -> None:
    """Ask the provider anew next time: its settings were just changed or are being tested."""
    found = _discovered.forget(provider.issuer)
    if found:
        _keys.forget(found["jwks_uri"])


def answers_as(provider: Provider, claimed: str | None) -> bool:
    """Tell whether the `iss` of an authorization answer, if there is one, is this provider's (RFC 9207)."""
    return claimed is None or provider.is_shared or claimed == discover(provider)["issuer"]


def _fetch_metadata(provider: Provider) -> dict[str, Any]:
    found = get_json(provider.issuer.rstrip("/") + WELL_KNOWN, is_development=provider.is_development)
    issuer = found.get("issuer")
    is_template = provider.is_shared and isinstance(issuer, str) and "{tenantid}" in issuer
    if not isinstance(issuer, str) or (issuer.rstrip("/") != provider.issuer.rstrip("/") and not is_template):
        raise unbelievable(f"the discovery document names another issuer: {issuer!r}"[:MAX_TEXT])
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        try:
            check_url(str(found.get(name)), is_development=provider.is_development)
        except Unreachable as error:
            raise silent(f"{name}: {error}") from error
    return found


def _checked(provider: Provider, found: dict[str, Any], id_token: str, nonce: str, access_token: str) -> Claims:
    """Check an id_token as OpenID Connect Core 3.1.3.7 asks. Raises Trouble."""
    try:
        key = _key(provider, found, _key_name(id_token))
        decoded = jwt.decode(id_token, jwk.import_key(key), algorithms=ALGORITHMS)
        issuer = _issuer_of(found, decoded.claims, key)
        options = {
            "iss": {"essential": True, "value": issuer},
            "sub": {"essential": True},
            "aud": {"essential": True, "value": provider.client_id},
        }
        params = {"nonce": nonce, "client_id": provider.client_id, "access_token": access_token}
        CodeIDToken(decoded.claims, decoded.header, options, params).validate(leeway=LEEWAY_S)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise unbelievable(f"id_token: {type(error).__name__}: {error}"[:MAX_TEXT]) from error
    if decoded.claims["iat"] < time.time() - OLDEST_S or len(decoded.claims["sub"]) > MAX_TEXT:
        raise unbelievable("id_token: made long ago, or its sub is too long")
    return Claims(issuer, decoded.claims["sub"], decoded.claims)


def _issuer_of(found: dict[str, Any], claims: dict[str, Any], key: dict[str, Any]) -> str:
    """Say which issuer a token must have; where many share the addresses, the key must be that one's too."""
    issuer = str(found["issuer"])
    if "{tenantid}" not in issuer:
        return issuer
    tid = claims.get("tid")
    if not isinstance(tid, str) or not tid.replace("-", "").isalnum():
        raise ValueError("no tid in a token of a shared provider")
    named = issuer.replace("{tenantid}", tid)
    if key.get("issuer", issuer).replace("{tenantid}", tid) != named:
        raise ValueError("the key belongs to another issuer")
    return named


def _key_name(id_token: str) -> Any:
    """Read which key a token names in its header, which nobody has checked yet."""
    head = id_token.partition(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))).get("kid")


def _key(provider: Provider, found: dict[str, Any], kid: Any) -> dict[str, Any]:
    """Find the key a token names; an unknown one makes us ask the provider once more (it may just have changed keys)."""
    url = found["jwks_uri"]
    for _turn in range(2):
        keys: list[dict[str, Any]] = _keys.get(url, lambda: _fetch_keys(provider, url))
        fitting = keys if kid is None else [key for key in keys if key.get("kid") == kid]
        if len(fitting) == 1:
            return fitting[0]
        _keys.forget(url)
    raise ValueError("signed with a key that the provider does not publish")


def _fetch_keys(provider: Provider, url: str) -> list[dict[str, Any]]:
    keys = get_json(url, is_development=provider.is_development).get("keys")
    known = [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    return [key for key in known if key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig" and "d" not in key]


def _completed(provider: Provider, found: dict[str, Any], claims: Claims, access_token: str) -> Claims:
    """Add what only the userinfo endpoint tells (many providers keep e-mail and groups out of the id_token); the token has precedence."""
    url = found.get("userinfo_endpoint")
    if not isinstance(url, str) or not access_token:
        return claims
    more = get_json(url, {"Authorization": f"Bearer {access_token}"}, is_development=provider.is_development)
    if more.get("sub") != claims.subject:
        raise unbelievable("the userinfo endpoint speaks of somebody else")
    if "email" in claims.raw:
        # Whether an address is verified is said together with the address.
        more = {name: value for name, value in more.items() if name != "email_verified"}
    return Claims(claims.issuer, claims.subject, {**more, **claims.raw})


def _auth_method(found: dict[str, Any]) -> str:
    offered = found.get("token_endpoint_auth_methods_supported")
    if isinstance(offered, list) and "client_secret_basic" not in offered and "client_secret_post" in offered:
        return "client_secret_post"
    return "client_secret_basic"


def _refused(error: OAuthError) -> Trouble:
    detail = f"token endpoint: {error.error}: {error.description or ''}"[:MAX_TEXT]
    if error.error in ("invalid_client", "unauthorized_client"):
        return Trouble(_("The sign-in service does not accept this workspace's client ID or secret. An admin can correct them."), detail)
    return Trouble(_("This sign-in was used already or took too long. Sign in again."), detail)
