"""The reader's language and time zone, and the texts in it. Dates, numbers and money are in `locale_format`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.pofile import read_po

LOCALES = ("en", "zh_Hans")
DEFAULT_LOCALE = "en"
LANGUAGE_NAMES = {"en": "English", "zh_Hans": "简体中文"}
CATALOGUES = Path(__file__).parent.parent / "locale"
# Between a context and its text in a catalogue, as gettext has it.
CONTEXT_END = "\x04"


@dataclass(frozen=True)
class Reader:
    """Who the words are for: one of LOCALES and an IANA time zone name."""

    locale: str = DEFAULT_LOCALE
    timezone: str = "UTC"


@dataclass(frozen=True)
class Catalogue:
    """The translated texts of one locale, singular and plural, and the rule that picks the plural form.

    The key of a text with a context is the context, CONTEXT_END and the text.
    """

    texts: dict[str, str]
    plurals: dict[str, tuple[str, ...]]
    plural_form: Callable[[int], int]


_ENGLISH = Reader()
_reader: ContextVar[Reader] = ContextVar("reader", default=_ENGLISH)


@contextmanager
def use(locale: str, timezone: str = "UTC") -> Iterator[None]:
    """Speak to a reader of this locale and time zone inside the block. An unknown locale counts as English."""
    token = _reader.set(Reader(locale if locale in LOCALES else DEFAULT_LOCALE, timezone))
    try:
        yield
    finally:
        _reader.reset(token)


def current_locale() -> str:
    """Name the reader's locale, one of LOCALES."""
    return _reader.get().locale


def current_timezone() -> ZoneInfo:
    """Return the reader's time zone."""
    return _zone(_reader.get().timezone)


def language_tag(locale: str | None = None) -> str:
    """Return the BCP 47 tag of a locale (the reader's when None), for `<html lang>` and `hreflang`."""
    return (locale or current_locale()).replace("_", "-")


def negotiate(accept_language: str | None) -> str:
    """Choose one of LOCALES from an Accept-Language header (RFC 9110 §12.5.4); English when nothing fits."""
    wanted = []
    for place, part in enumerate((accept_language or "").split(",")):
        tag, *options = (piece.strip() for piece in part.split(";"))
        weight = next((_weight(option[2:]) for option in options if option.startswith("q=")), 1.0)
        if tag and weight > 0:
            wanted.append((-weight, place, tag.lower()))
    for _negative_weight, _place, tag in sorted(wanted):
        locale = {"zh": "zh_Hans", "en": "en", "*": DEFAULT_LOCALE}.get(tag.split("-")[0])
        if locale:
            return locale
    return DEFAULT_LOCALE


def _(message: str | LazyText, **values: object) -> str:
    """Translate now for the current reader; `%(name)s` places are filled only when values are given."""
    if isinstance(message, LazyText):
        return str(message)
    locale = _reader.get().locale
    text = message if locale == DEFAULT_LOCALE else catalogue(locale).texts.get(message, message)
    return text % values if values else text


def pgettext(context: str, message: str, **values: object) -> str:
    """Translate a text that other languages say differently from case to case: `pgettext("person", "Name")`."""
    locale = _reader.get().locale
    text = message if locale == DEFAULT_LOCALE else catalogue(locale).texts.get(f"{context}{CONTEXT_END}{message}", message)
    return text % values if values else text


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """Translate by number for the current reader; `%(num)s` is the number itself unless given in values."""
    locale = _reader.get().locale
    found = None if locale == DEFAULT_LOCALE else catalogue(locale)
    forms = found.plurals.get(singular) if found else None
    if found and forms:
        text = forms[min(found.plural_form(number), len(forms) - 1)]
    else:
        text = singular if number == 1 else plural
    return text % {"num": number, **values}


def N_(message: str) -> str:
    """Mark a text for the catalogues and return it unchanged; translate it later with `_`."""
    return message


class LazyText:
    """A text declared at import time and translated whenever it is turned into `str`."""

    __slots__ = ("context", "message", "values")

    def __init__(self, message: str, values: dict[str, object], context: str = "") -> None:
        self.message = message
        self.values = values
        self.context = context

    def __str__(self) -> str:
        return pgettext(self.context, self.message, **self.values) if self.context else _(self.message, **self.values)

    def __repr__(self) -> str:
        return f"L_({self.message!r})"

    def __html__(self) -> str:
        return escape(str(self))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, (LazyText, str)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.message)

    def __bool__(self) -> bool:
        return bool(self.message)


def L_(message: str, **values: object) -> LazyText:
    """Declare a text that is translated when it is shown, not when it is declared."""
    return LazyText(message, values)


def PL_(context: str, message: str, **values: object) -> LazyText:
    """Declare a text with a context, see `pgettext`, that is translated when it is shown."""
    return LazyText(message, values, context)


@cache
def catalogue(locale: str) -> Catalogue:
    """Read and merge every `saas/locale/<locale>/*.po`, once per process, without fuzzy and empty entries."""
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for path in sorted((CATALOGUES / locale).glob("*.po")):
        with path.open("rb") as file:
            entries = read_po(file, locale=locale, abort_invalid=True)
        for entry in entries:
            if not entry.id or entry.fuzzy or not entry.string:
                continue
            if isinstance(entry.id, str):
                texts[f"{entry.context}{CONTEXT_END}{entry.id}" if entry.context else entry.id] = str(entry.string)
            else:
                forms = tuple(entry.string) if isinstance(entry.string, (list, tuple)) else (entry.string,)
                if all(forms):
                    plurals[entry.id[0]] = forms
    return Catalogue(texts, plurals, _plural_rule(locale))


def load_catalogues() -> None:
    """Read all catalogues now, so that no request waits for them."""
    for locale in LOCALES:
        if locale != DEFAULT_LOCALE:
            catalogue(locale)


def _plural_rule(locale: str) -> Callable[[int], int]:
    return (lambda _number: 0) if locale.startswith("zh") else (lambda number: int(number != 1))


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
