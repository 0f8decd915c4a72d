"""Countries as choices: kept as ISO 3166 codes, named in the reader's language."""

from __future__ import annotations

from functools import cache

from babel import Locale

from saas.core.i18n import LazyText, current_locale
from saas.crm.objects.fields import Option

_NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "DG", "EA", "IC", "TA", "CQ"})


@cache
def _names(locale: str) -> dict[str, str]:
    return dict(Locale.parse(locale).territories)


class CountryName(LazyText):
    """A country's name, looked up in the reader's language when it is shown."""

    def __init__(self, code: str) -> None:
        super().__init__(code, {})

    def __str__(self) -> str:
        return _names(current_locale()).get(self.message, self.message)


def _codes() -> list[str]:
    return sorted(code for code in _names("en") if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES)


COUNTRIES: tuple[Option, ...] = tuple(Option(code, CountryName(code)) for code in _codes())


def country_code(text: str) -> str | None:
    """Find a country by its code or its name in any language of the product; None when there is none of that name."""
    return _by_name().get(text.strip().casefold())


@cache
def _by_name() -> dict[str, str]:
    found = {code.casefold(): code for code in _codes()}
    for locale in ("en", "zh_Hans", "de", "fr", "es"):
        found.update({name.casefold(): code for code, name in _names(locale).items() if code in COUNTRY_CODES})
    return found


COUNTRY_CODES = frozenset(option.value for option in COUNTRIES)
