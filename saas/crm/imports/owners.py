"""Owners named in a file: which member a text means, and people who are known by name only until they are invited."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from saas.auth.context import Context
from saas.auth.directory import touch
from saas.auth.members import Member
from saas.core.text.normal import email_key

# Beside members' keys: whoever imports, and somebody who has not been invited yet.
ME, EXPECTED = "me", "expected"


def fold(text: str) -> str:
    """Bring an owner's text into its comparable form."""
    return " ".join(text.split()).casefold()


def members_by_text(ctx: Context) -> dict[str, UUID]:
    """Map the folded e-mail, name and sign-in name of every member to the member; a name that two have means neither."""
    found: dict[str, UUID | None] = {}
    for member in ctx.directory.members.values():
        if member.status != "inactive":
            for text in {fold(text) for text in (member.email, member.name, member.login_name) if text}:
                found[text] = None if text in found else member.id
    return {text: key for text, key in found.items() if key is not None}


def expect(ctx: Context, chosen: Mapping[str, str]) -> dict[str, str]:
    """Make those people known who are chosen as not invited yet; return the choice with their keys. Raises Forbidden.

    They own their records from now on, and find them when they come.
    """
    found = dict(chosen)
    for text, key in chosen.items():
        if key == EXPECTED:
            ctx.require("members:manage")
            email = email_key(text)
            person = Member(
                name=(email.partition("@")[0] if email else text.strip())[:100], email=email, status=EXPECTED,
                department_id=ctx.member.department_id, language=ctx.workspace.language,
            )  # fmt: skip
            ctx.db.add(person)
            ctx.db.flush()
            found[text] = str(person.id)
    if found != chosen:
        touch(ctx.db)
    return found
