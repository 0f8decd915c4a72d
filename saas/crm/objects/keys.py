"""Keys by which two records are seen to be the same person or firm, however their values are written: `email:…`, `phone:…`, `name:…`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from saas.core.text.normal import company_key, email_key, web_host
from saas.crm.objects.definition import ObjectDef

MAX_KEYS = 60


def _plain(text: str) -> str | None:
    return "".join(text.casefold().split()) or None


def _phone(text: str) -> str | None:
    digits = "".join(char for char in text.split(";", maxsplit=1)[0] if char.isdigit() or char == "+")
    return digits if len(digits) > 4 else None


NATURES: Mapping[str, Callable[[str], str | None]] = {
    "email": email_key,
    "phone": _phone,
    "name": lambda text: company_key(text) or None,
    "host": web_host,
    "tax": _plain,
    "id": _plain,
}


def key(nature: str, text: str) -> str | None:
    """Make the key of one text of a nature; None when it says nothing."""
    found = NATURES[nature](text)
    return f"{nature}:{found[:200]}" if found else None


def keys_of(obj: ObjectDef, source: Any) -> list[str]:
    """List the keys of a record, each once, in the order of the declaration."""
    found: dict[str, None] = {}
    for nature, names in obj.recognised.items():
        for name in names:
            value = getattr(source, name)
            texts = [entry["value"] for entry in value] if isinstance(value, list) else [value] if value else []
            for text in texts:
                made = key(nature, text)
                if made:
                    found[made] = None
    return list(found)[:MAX_KEYS]
