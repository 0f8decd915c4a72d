"""A field that a column of a file can fill, as an object offers it to the import."""

from __future__ import annotations

from dataclasses import dataclass

from saas.core.i18n import LazyText


@dataclass(frozen=True)
class Target:
    """One field. Targets of the imported object stand first in a list of targets, those of linked objects behind.

    `key` is the engine's own name, `object` the object's (`accounts`, `contacts`, …); `kind` is one of `cells.KINDS`;
    `aliases` are further names people use. `is_many` fields take several columns (e-mails, phones, tags). `group` names the address
    that a part of an address belongs to; a group that begins with `delivery` or `shipping` is where goods are sent.
    """

    key: str
    object: str
    label: str | LazyText
    kind: str
    aliases: tuple[str, ...] = ()
    is_many: bool = False
    group: str = ""
