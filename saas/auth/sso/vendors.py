"""Sign-in with Google and Microsoft: providers that the operator chose, so what they prove is good for an identity everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from saas.auth import addresses, login
from saas.auth.identities import Identity
from saas.auth.sso.provider import Claims, Provider
from saas.auth.sso.tables import ExternalLogin
from saas.core.clock import now
from saas.core.settings import Settings

GOOGLE_MAIL = ("gmail.com", "googlemail.com")


@dataclass(frozen=True)
class Vendor:
    """One of the operator's providers. `name` stands in addresses, `label` on the button."""

    name: str
    label: str
    provider: Provider


@dataclass(frozen=True)
class Word:
    """What a vendor says of somebody's e-mail address; `is_proof` when that alone proves the address is theirs today."""

    email: str
    is_proof: bool


def vendors(settings: Settings) -> tuple[Vendor, ...]:
    """List the providers the operator has set up."""
    found = settings.sign_in_providers
    return tuple(
        Vendor(one.name, one.label, Provider(one.issuer, one.client_id, one.secret, settings.is_development, one.name == "microsoft"))
        for one in found
    )


def word_on_email(vendor: Vendor, claims: Claims) -> Word:
    """Read the address and how well it is proven. Raises Invalid when there is none.

    Google answers for its own mail and for domains it hosts (`hd`); of other addresses it only knows that they were once right.
    Microsoft lets a directory's admin write any address; `xms_edov` says that the domain belongs to the directory.
    """
    email = addresses.email_address(claims.email)
    domain = email.rpartition("@")[2]
    if vendor.name == "microsoft":
        return Word(email, claims.raw.get("xms_edov") in (True, 1, "1", "true"))
    return Word(email, claims.is_email_verified and (domain in GOOGLE_MAIL or claims.raw.get("hd") == domain))


def known(control: Session, claims: Claims) -> UUID | None:
    """Find the identity that an account was connected with."""
    query = select(ExternalLogin.identity_id).where(ExternalLogin.issuer == claims.issuer, ExternalLogin.subject == claims.subject)
    return control.execute(query).scalar_one_or_none()


def connect(control: Session, issuer: str, subject: str, email: str) -> UUID | None:
    """Connect an account with the identity of an address that was just proven; None when nobody has signed up with it."""
    if not login.has_account(control, email):
        return None
    identity_id = control.execute(select(Identity.id).where(Identity.email == email)).scalar_one()
    row = insert(ExternalLogin).values(issuer=issuer, subject=subject, identity_id=identity_id, email=email, created_at=now())
    control.execute(row.on_conflict_do_nothing())
    return identity_id
