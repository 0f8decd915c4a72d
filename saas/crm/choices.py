"""Lists of choices that several objects share. Values are kept in rows and never change; labels may."""

from __future__ import annotations

from saas.core.i18n import L_
from saas.crm.objects.fields import Option

TIERS = (
    Option("a", L_("A · key customer"), "green"),
    Option("b", L_("B · regular customer"), "blue"),
    Option("c", L_("C · occasional customer"), "neutral"),
)
SOURCES = (
    Option("web", L_("Website")),
    Option("referral", L_("Referral")),
    Option("event", L_("Fair or event")),
    Option("advertising", L_("Advertising")),
    Option("social", L_("Social media")),
    Option("mail", L_("E-mail")),
    Option("phone", L_("Phone call")),
    Option("partner", L_("Partner")),
    Option("walk_in", L_("Walk-in")),
    Option("import", L_("Import")),
    Option("other", L_("Other")),
)
LANGUAGES = (
    Option("en", L_("English")),
    Option("zh", L_("Chinese")),
    Option("de", L_("German")),
    Option("fr", L_("French")),
    Option("es", L_("Spanish")),
    Option("pt", L_("Portuguese")),
    Option("it", L_("Italian")),
    Option("nl", L_("Dutch")),
    Option("pl", L_("Polish")),
    Option("ru", L_("Russian")),
    Option("ja", L_("Japanese")),
    Option("ko", L_("Korean")),
    Option("ar", L_("Arabic")),
    Option("tr", L_("Turkish")),
    Option("other", L_("Other")),
)
INDUSTRIES = (
    Option("agriculture", L_("Agriculture and food production")),
    Option("automotive", L_("Automotive")),
    Option("banking", L_("Banking and finance")),
    Option("business_services", L_("Business services")),
    Option("chemicals", L_("Chemicals")),
    Option("construction", L_("Construction and real estate")),
    Option("consumer_goods", L_("Consumer goods")),
    Option("education", L_("Education")),
    Option("electronics", L_("Electronics and electrical equipment")),
    Option("energy", L_("Energy and utilities")),
    Option("health", L_("Health and pharmaceuticals")),
    Option("hospitality", L_("Hotels, restaurants and travel")),
    Option("insurance", L_("Insurance")),
    Option("logistics", L_("Transport and logistics")),
    Option("machinery", L_("Machinery and equipment")),
    Option("media", L_("Media and entertainment")),
    Option("metals", L_("Metals and mining")),
    Option("public", L_("Public sector")),
    Option("retail", L_("Retail")),
    Option("software", L_("Software and IT services")),
    Option("telecommunications", L_("Telecommunications")),
    Option("textiles", L_("Textiles and clothing")),
    Option("wholesale", L_("Wholesale trade")),
    Option("other", L_("Other")),
)
