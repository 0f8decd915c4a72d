"""What a seat costs: said once, for every page that says it."""

from __future__ import annotations

from decimal import Decimal

# Per full seat and month, by currency (ISO 4217). Viewers are free.
SEAT_MONTHLY = {"EUR": Decimal(12), "USD": Decimal(13), "CNY": Decimal(88)}
TRIAL_DAYS = 14
CURRENCY_OF_LOCALE = {"en": "EUR", "zh_Hans": "CNY"}
