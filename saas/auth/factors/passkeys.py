"""Passkeys (WebAuthn level 2): adding them, and proving with them who one is. Challenges are kept here and taken once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import webauthn
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from saas.auth.factors.models import Challenge, Passkey
from saas.auth.sessions import Person
from saas.core.clock import now
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.ids import new_id, parse_id
from saas.tenants.cells import Databases
from saas.tenants.session import control_session

ENROL, SIGN_IN, PROVE = "enrol", "sign_in", "prove"
LIFE = timedelta(minutes=5)
MAX_PASSKEYS, MAX_NAME, MAX_ANSWER = 20, 60, 20_000


@dataclass(frozen=True)
class Browser:
    """Where a ceremony happens: the domain passkeys belong to, the page's origin, and a secret of this browser alone."""

    rp_id: str
    rp_name: str
    origin: str
    secret: str


def options_to_enrol(control: Session, browser: Browser, person: Person) -> str:
    """Give a browser what it needs to make a passkey: JSON with `challenge_id` beside the options."""
    mine = control.execute(select(Passkey).where(Passkey.identity_id == person.id)).scalars()
    challenge = _challenge(control, browser, ENROL, person.id)
    options = webauthn.generate_registration_options(
        rp_id=browser.rp_id,
        rp_name=browser.rp_name,
        user_id=person.id.bytes,
        user_name=person.email or person.login_name or person.name,
        user_display_name=person.name,
        challenge=challenge.challenge,
        exclude_credentials=[_descriptor(key) for key in mine if key.rp_id == browser.rp_id],
        # Kept on the device where it can, so that it signs in by itself; an older security key still serves as a second factor.
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return _with_id(challenge, options_to_json(options))


def options_to_prove(control: Session, browser: Browser, identity_id: UUID | None) -> str:
    """Give a browser what it needs to use a passkey: of one person, or without naming anybody, to sign in by it alone."""
    challenge = _challenge(control, browser, PROVE if identity_id else SIGN_IN, identity_id)
    theirs = select(Passkey).where(Passkey.identity_id == identity_id, Passkey.rp_id == browser.rp_id)
    keys = list(control.execute(theirs).scalars()) if identity_id else []
    options = webauthn.generate_authentication_options(
        rp_id=browser.rp_id,
        challenge=challenge.challenge,
        allow_credentials=[_descriptor(key) for key in keys],
        user_verification=UserVerificationRequirement.PREFERRED if identity_id else UserVerificationRequirement.REQUIRED,
    )
    return _with_id(challenge, options_to_json(options))


def enrol(databases: Databases, browser: Browser, identity_id: UUID, answer: str, name: str) -> Passkey:
    """Keep the passkey a browser made. Raises Invalid({"passkey": sentence})."""
    found = _read(answer)
    challenge = _take(databases, browser, ENROL, identity_id, found)
    try:
        made = webauthn.verify_registration_response(
            credential=found["credential"], expected_challenge=challenge, expected_rp_id=browser.rp_id, expected_origin=browser.origin
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _refused() from error
    with control_session(databases) as control:
        mine = control.execute(select(Passkey.credential_id).where(Passkey.identity_id == identity_id)).scalars().all()
        is_taken = control.execute(select(Passkey.id).where(Passkey.credential_id == made.credential_id)).first() is not None
        if is_taken or len(mine) >= MAX_PASSKEYS:
            raise Invalid({"passkey": _("This passkey is in use already, or there are too many. Remove one first.")})
        row = Passkey(
            id=new_id(), identity_id=identity_id, credential_id=made.credential_id, public_key=made.credential_public_key,
            sign_count=made.sign_count, rp_id=browser.rp_id, name=name.strip()[:MAX_NAME] or _("Passkey"), transports=_transports(found),
        )  # fmt: skip
        control.add(row)
    return row


def prove(databases: Databases, browser: Browser, identity_id: UUID, answer: str) -> None:
    """Check that a person used one of their passkeys, as a second factor. Raises Invalid({"passkey": sentence})."""
    found = _read(answer)
    challenge = _take(databases, browser, PROVE, identity_id, found)
    row = _passkey(databases, browser, found)
    if row.identity_id != identity_id:
        raise _refused()
    _verify(databases, browser, row, found, challenge, needs_verification=False)


def sign_in(databases: Databases, browser: Browser, answer: str) -> UUID:
    """Tell whose passkey was used; its device made sure that it is that person. Raises Invalid({"passkey": sentence})."""
    found = _read(answer)
    challenge = _take(databases, browser, SIGN_IN, None, found)
    row = _passkey(databases, browser, found)
    handle = found["credential"].get("response", {}).get("userHandle")
    if not isinstance(handle, str) or _bytes(handle) != row.identity_id.bytes:
        raise _refused()
    _verify(databases, browser, row, found, challenge, needs_verification=True)
    return row.identity_id


def rename(control: Session, identity_id: UUID, passkey_id: UUID, name: str) -> bool:
    """Give one of a person's passkeys a name; False when it is not theirs or the name is empty."""
    plain = " ".join(name.split())[:MAX_NAME]
    if not plain:
        return False
    mine = update(Passkey).where(Passkey.id == passkey_id, Passkey.identity_id == identity_id)
    return control.execute(mine.values(name=plain).returning(Passkey.id)).first() is not None


def sweep(control: Session) -> int:
    """Forget challenges nobody answered; return how many."""
    return len(control.execute(delete(Challenge).where(Challenge.expires_at <= now()).returning(Challenge.id)).all())


def _challenge(control: Session, browser: Browser, purpose: str, identity_id: UUID | None) -> Challenge:
    at = now()
    made = Challenge(
        id=new_id(), purpose=purpose, challenge=webauthn.helpers.generate_challenge(), browser_hash=_hash(browser),
        identity_id=identity_id, created_at=at, expires_at=at + LIFE,
    )  # fmt: skip
    control.add(made)
    control.flush()
    return made


def _take(databases: Databases, browser: Browser, purpose: str, identity_id: UUID | None, found: dict[str, Any]) -> bytes:
    """Take a challenge away, whatever comes of the answer. Raises Invalid when it is another's, another browser's, used or too old."""
    belongs = Challenge.identity_id.is_(None) if identity_id is None else Challenge.identity_id == identity_id
    fits = Challenge.id == parse_id(str(found.get("challenge_id"))), Challenge.purpose == purpose, belongs
    query = delete(Challenge).where(*fits, Challenge.browser_hash == _hash(browser), Challenge.expires_at > now())
    with control_session(databases) as control:
        challenge = control.execute(query.returning(Challenge.challenge)).scalar_one_or_none()
    if challenge is None:
        raise _refused()
    return challenge


def _passkey(databases: Databases, browser: Browser, found: dict[str, Any]) -> Passkey:
    with control_session(databases) as control:
        query = select(Passkey).where(Passkey.credential_id == _bytes(found["credential"].get("rawId")), Passkey.rp_id == browser.rp_id)
        row = control.execute(query).scalar_one_or_none()
    if row is None:
        raise Invalid({"passkey": _("This passkey is not known here. It may have been removed.")})
    return row


def _verify(
    databases: Databases, browser: Browser, row: Passkey, found: dict[str, Any], challenge: bytes, *, needs_verification: bool
) -> None:
    try:
        made = webauthn.verify_authentication_response(
            credential=found["credential"], expected_challenge=challenge, expected_rp_id=browser.rp_id, expected_origin=browser.origin,
            credential_public_key=row.public_key, credential_current_sign_count=row.sign_count,
            require_user_verification=needs_verification,
        )  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _refused() from error
    with control_session(databases) as control:
        # A copy of the authenticator used at the same moment finds the counter moved.
        same = Passkey.id == row.id, Passkey.sign_count == row.sign_count
        query = update(Passkey).where(*same).values(sign_count=made.new_sign_count, last_used_at=now())
        if control.execute(query.returning(Passkey.id)).first() is None:
            raise _refused()


def _read(answer: str) -> dict[str, Any]:
    """Read what the page's script sent: `challenge_id` and `credential`. Raises Invalid."""
    try:
        found = json.loads(answer[:MAX_ANSWER])
    except (ValueError, RecursionError) as error:
        raise _refused() from error
    if not isinstance(found, dict) or not isinstance(found.get("credential"), dict):
        raise _refused()
    response = found["credential"].get("response")
    if not isinstance(response, dict):
        raise _refused()
    return found


def _bytes(text: Any) -> bytes:
    try:
        return base64url_to_bytes(text) if isinstance(text, str) else b""
    except ValueError:
        return b""


def _descriptor(key: Passkey) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(id=key.credential_id, transports=[AuthenticatorTransport(name) for name in key.transports])


def _transports(found: dict[str, Any]) -> list[str]:
    known, said = {each.value for each in AuthenticatorTransport}, found["credential"]["response"].get("transports")
    return [name for name in said if isinstance(name, str) and name in known] if isinstance(said, list) else []


def _with_id(challenge: Challenge, options: str) -> str:
    return json.dumps({"challenge_id": str(challenge.id), "options": json.loads(options)})


def _hash(browser: Browser) -> bytes:
    return hashlib.sha256(f"{browser.rp_id}:{browser.secret}".encode()).digest()


def _refused() -> Invalid:
    return Invalid({"passkey": _("The passkey was not accepted. Try again.")})
