"""What the targets of an import wish for: which concepts of the vocabulary each of them takes, and how gladly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from saas.core.i18n import LOCALES, use
from saas.crm.transfer.headers import header_key
from saas.crm.transfer.targets import Target
from saas.crm.transfer.vocabulary import ALIASES, FOREIGN, Meaning

# What a target takes besides its own concept.
_ALSO: Mapping[str, Mapping[str, float]] = {
    "full_name": {"name": 1.0},
    "company": {"name": 0.95, "legal_name": 0.8},
    "deal_name": {"name": 1.0, "subject": 0.5},
    "subject": {"name": 0.8},
    "email": {"email_2": 0.9},
    "phone": {"work_phone": 0.98, "mobile": 0.9, "home_phone": 0.75, "other_phone": 0.7},
    "work_phone": {"phone": 0.95, "other_phone": 0.6},
    "mobile": {"phone": 0.7},
    "notes": {"description": 0.6},
    "description": {"notes": 0.7},
    "email_opt_in": {"email_opt_out": 0.98},
    "email_opt_out": {"email_opt_in": 0.98},
    "job_title": {"occupation": 0.7},
    "employees": {"size": 0.8},
    "size": {"employees": 0.5},
    "address.street": {"address": 0.85},
    "address": {"address.street": 0.6},
    "status": {"lifecycle": 0.5, "case_status": 0.9, "deal_status": 0.5},
    "lifecycle": {"status": 0.6},
    "website": {"domain": 0.8},
    "domain": {"website": 0.8},
}
# Concepts that only firms, or only people, have: in a list of the others they speak of the linked record without saying so.
_OF_FIRMS = frozenset(
    {"company", "website", "domain", "industry", "sub_industry", "employees", "revenue", "tax_number", "account_type", "account_number",
     "ownership", "linkedin_company", "company_owner", "parent_company", "size", "legal_name", "founded_on", "customer_since"}
)  # fmt: skip
_OF_PEOPLE = frozenset(
    {
        "full_name",
        "first_name",
        "last_name",
        "salutation",
        "job_title",
        "birth_date",
        "mobile",
        "contact_owner",
        "wechat",
        "qq",
        "gender",
        "email",
    }
)
_KINDS = {"person_first": "first_name", "person_last": "last_name", "person_full": "full_name"}
_ROLES = (
    ("company", ("account", "company", "companies", "organization", "organisation", "firm", "customer", "partner")),
    ("person", ("contact", "person", "people", "lead")),
    ("deal", ("deal", "opportunit")),
)
_OWNERS = {"company": "company_owner", "person": "contact_owner", "deal": "deal_owner"}
_PREFIXES = {"company": ("account", "company", "公司", "客户"), "person": ("contact", "person", "联系人"), "deal": ("deal", "商机")}


@dataclass(frozen=True)
class Wish:
    """One target's wish. `role` is what its object is; `is_foreign`: it belongs to a record linked to the row.

    `similar` are the names that a slip of the finger is looked for in.
    `shipping` says of a part of an address whether it takes only delivery addresses, none, or (None) any.
    """

    target: Target
    concept: str
    role: str
    names: frozenset[str]
    is_foreign: bool
    similar: tuple[str, ...] = ()
    shipping: bool | None = None

    def accepts(self, meant: Meaning) -> float:
        """Say from 0 to 1 how gladly the target takes a column of this meaning."""
        weight = self._concept_weight(meant.concept)
        if not weight or (self.shipping is not None and self.shipping != (meant.variant == "shipping")):
            return 0.0
        if not self.is_foreign:
            return weight if meant.scope in ("", self.role) else 0.0
        if meant.scope:
            return weight if meant.scope == self.role else 0.0
        if meant.concept == self._own_name():
            return weight * 0.99
        of_role = _OF_FIRMS if self.role == "company" else _OF_PEOPLE if self.role == "person" else frozenset()
        return weight * 0.9 if meant.concept in of_role else 0.0

    def _concept_weight(self, concept: str) -> float:
        if concept == self.concept:
            return 1.0
        if self.concept == "owner" and concept.endswith("_owner"):
            return 1.0 if concept == _OWNERS.get(self.role, concept) else 0.0
        if concept in FOREIGN:
            return 0.0
        return _ALSO.get(self.concept, {}).get(concept, 0.0)

    def _own_name(self) -> str:
        return {"company": "company", "person": "full_name", "deal": "deal_name"}.get(self.role, "")


def wishes_of(targets: Sequence[Target]) -> list[Wish]:
    """Find what each target wishes for; the first target's object is the one that is imported."""
    main = targets[0].object if targets else ""
    delivered = {target.object for target in targets if _is_delivery(target)}
    return [_wish(target, target.object != main, _is_delivery(target) if target.object in delivered else None) for target in targets]


def _is_delivery(target: Target) -> bool:
    return target.kind.startswith("address") and target.group.startswith(("delivery", "shipping"))


def _wish(target: Target, is_foreign: bool, shipping: bool | None) -> Wish:
    role = _role(target.object)
    own = [target.key, target.key.rpartition(".")[2], *_labels(target), *target.aliases]
    keys = [key for key in map(header_key, own) if key]
    concept = _concept(target, keys, role)
    if is_foreign:
        # A bare "Phone" is the row's own; only "Company phone" names the linked record's.
        keys = [f"{word} {key}" if word.isascii() else word + key for key in keys for word in _PREFIXES.get(role, (role,))]
    elif target.kind.startswith("address"):
        keys = [key for key in keys if key not in ALIASES or ALIASES[key] == concept]
    similar = () if is_foreign else tuple(dict.fromkeys([*keys, *(key for key, each in ALIASES.items() if each == concept)]))
    return Wish(target, concept, role, frozenset(keys), is_foreign, similar, shipping if target.kind.startswith("address") else None)


def _labels(target: Target) -> list[str]:
    labels = []
    for locale in LOCALES:
        with use(locale):
            labels.append(str(target.label))
    return labels


def _role(name: str) -> str:
    key = header_key(name)
    return next((role for role, words in _ROLES if key.startswith(words)), key)


def _concept(target: Target, keys: Sequence[str], role: str) -> str:
    if target.kind in _KINDS:
        return _KINDS[target.kind]
    if target.kind.startswith("address"):
        return target.kind
    if target.kind in ("link", "member"):
        # A link is found by the name of what it leads to, not by its key.
        keys = [key.removesuffix(" id") for key in keys]
    for key in keys:
        found = ALIASES.get(key) or ALIASES.get(key.removesuffix("es") if key.endswith("sses") else key.removesuffix("s"))
        if found == "name":
            return {"company": "company", "person": "full_name", "deal": "deal_name"}.get(role, "subject")
        if found and (found != "full_name" or role == "person"):
            return found
    return ""
