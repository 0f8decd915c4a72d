"""The public site: what the product is, what it costs, terms and privacy."""

from __future__ import annotations

from typing import Any

from saas.auth import regions
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
    """Say prices in the reader's currency first, and in all others."""
    country = regions.guess_country(req.headers.get("accept-language"))
    wanted = regions.suggest(country).currency
    own = prices.CURRENCY_OF_LOCALE[req.locale] if req.locale == "zh_Hans" or wanted not in prices.SEAT_MONTHLY else wanted
    others = [(amount, currency) for currency, amount in prices.SEAT_MONTHLY.items() if currency != own]
    return {"amount": prices.SEAT_MONTHLY[own], "currency": own, "other_prices": others, "trial_days": prices.TRIAL_DAYS}
