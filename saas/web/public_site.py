"""The public site: what the product is, what it costs, terms and privacy."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from babel.numbers import format_currency

from saas.auth import regions
from saas.core.i18n import current_locale
from saas.web import prices
from saas.web.exchange import Reply, Req
from saas.web.pages import open_page
from saas.web.routing import public

FOR_ALL = "everybody may read what is offered"


@public.open_get("/", why=FOR_ALL)
def landing(req: Req) -> Reply:
    return open_page(req, "public/landing.html", **_prices(req))


@public.open_get("/prices", why=FOR_ALL)
def show_prices(req: Req) -> Reply:
    return open_page(req, "public/prices.html", **_prices(req))


@public.open_get("/terms", why=FOR_ALL)
def terms(req: Req) -> Reply:
    return open_page(req, "public/terms.html", trial_days=prices.TRIAL_DAYS)


@public.open_get("/privacy", why=FOR_ALL)
def privacy(req: Req) -> Reply:
    return open_page(req, "public/privacy.html")


def _prices(req: Req) -> dict[str, Any]:
    """Say prices in the reader's currency first, then in all others."""
    country = regions.guess_country(req.headers.get("accept-language"))
    wanted = regions.suggest(country).currency
    own = prices.CURRENCY_OF_LOCALE[req.locale] if req.locale == "zh_Hans" or wanted not in prices.SEAT_MONTHLY else wanted
    return {
        "price": _whole(prices.SEAT_MONTHLY[own], own),
        "free": _whole(Decimal(0), own),
        "other_prices": [_whole(amount, currency) for currency, amount in prices.SEAT_MONTHLY.items() if currency != own],
        "trial_days": prices.TRIAL_DAYS,
    }


def _whole(amount: Decimal, currency: str) -> str:
    """Write a price without cents, as prices are said."""
    return str(format_currency(amount, currency, format="¤#,##0", locale=current_locale(), currency_digits=False))
