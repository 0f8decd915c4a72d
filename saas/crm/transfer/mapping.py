"""Columns of a file brought together with the fields of objects: what is proposed on the mapping page, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from saas.crm.transfer.content import Look, look_at
from saas.crm.transfer.headers import header_key
from saas.crm.transfer.presets import Preset
from saas.crm.transfer.said import Said, said
from saas.crm.transfer.targets import Target
from saas.crm.transfer.vocabulary import FOREIGN, INVERSE, VALUE_LABELS, VARIANT_ORDER, Meaning, meaning
from saas.crm.transfer.wishes import Wish, wishes_of

SIMILAR = 90
SHORTEST_SIMILAR = 5
PRESET, EXACT, BY_NAME, BY_SIMILAR, BY_CONTENT = 0.98, 0.97, 0.93, 0.65, 0.5
# How much the cells must not look like before a name is believed all the same.
_CLASHES = {
    "email": {"phone", "mobile", "date", "datetime", "url", "number", "yes_no", "person", "company"},
    "phone": {"email", "url", "date", "datetime", "person", "company", "yes_no"},
    "url": {"email", "phone", "mobile", "date", "datetime", "person"},
    "date": {"email", "phone", "mobile", "url", "person", "company"},
    "datetime": {"email", "phone", "mobile", "url", "person", "company"},
    "person_full": {"email", "phone", "mobile", "date", "datetime", "url"},
    "person_first": {"email", "phone", "mobile", "date", "datetime", "url", "company"},
    "person_last": {"email", "phone", "mobile", "date", "datetime", "url", "company"},
    "link": {"email", "phone", "mobile", "date", "datetime"},
    "yes_no": {"email", "phone", "mobile", "url", "person", "company"},
}
_BY_CONTENT = {
    "email": ("email",),
    "mobile": ("mobile", "phone"),
    "phone": ("phone", "mobile"),
    "url": ("website",),
    "person": ("full_name",),
    "company": ("company",),
}


@dataclass(frozen=True)
class Suggestion:
    """What is proposed for one column: a target or none, how sure from 0 to 1, and why. `invert`: yes in the file means no.

    `label` (work, mobile, home, other) belongs to the values of columns that go into lists of e-mails and phones.
    """

    column_index: int
    target: Target | None
    confidence: float
    why: Said
    invert: bool = False
    label: str = ""

    @property
    def target_key(self) -> str | None:
        return self.target.key if self.target else None


@dataclass(frozen=True)
class _Pair:
    score: float
    column: int
    target: Target
    why: Said
    invert: bool = False


def suggest(
    headers: Sequence[str], sample_rows: Sequence[Sequence[str]], targets: Sequence[Target], preset: Preset | None = None
) -> list[Suggestion]:
    """Propose a target for every column, in the order of the columns.

    No single-valued target is proposed twice; columns about somebody else (owner, parent firm, assistant) never fill the row's
    own fields; the parts of an address all come from one address of the file.
    """
    columns = [_Column(index, name, [row[index] for row in sample_rows if index < len(row)], preset) for index, name in enumerate(headers)]
    wishes = wishes_of(targets)
    pairs = [pair for column in columns for pair in _pairs(column, wishes, preset)]
    pairs = _one_address(pairs, columns)
    chosen, lost = _settle(pairs, columns)
    return [_suggestion(column, chosen.get(column.index), lost, preset, wishes) for column in columns]


class _Column:
    """A column as the mapping sees it: what its name means, and what its cells look like."""

    def __init__(self, index: int, name: str, cells: list[str], preset: Preset | None) -> None:
        self.index = index
        self.key = header_key(name)
        self.look: Look = look_at(cells)
        self.has_rows = bool(cells)
        self.is_noise = False
        self.by_preset = False
        self.is_similar = False
        self.meaning: Meaning | None = None
        said_by_preset = preset.means.get(self.key) if preset and self.key else None
        if said_by_preset is not None:
            self.is_noise, self.by_preset = not said_by_preset, True
            self.meaning = _with_variant(said_by_preset, self.key) if said_by_preset else None
        elif name.strip().casefold().endswith(".id"):
            # The id beside a looked-up name belongs to the system it comes from.
            self.is_noise = True
        elif self.key:
            self.meaning = meaning(self.key)


def _with_variant(concept: str, key: str) -> Meaning:
    known = meaning(key)
    return Meaning(concept, "", known.variant) if known and known.concept == concept else Meaning(concept)


def _pairs(column: _Column, wishes: Sequence[Wish], preset: Preset | None) -> list[_Pair]:
    """List what a column could fill, with scores."""
    if column.is_noise or (column.look.is_empty and not column.key):
        return []
    pairs = []
    for wish in wishes:
        score, why = _score(column, wish, preset)
        if score:
            clash = column.look.kind in _CLASHES.get(wish.target.kind, ()) and column.look.share > 0.8
            invert = bool(column.meaning and INVERSE.get(column.meaning.concept) and wish.concept != column.meaning.concept)
            pairs.append(_Pair(score * (0.3 if clash else 1.0), column.index, wish.target, why, invert))
    return [pair for pair in pairs if pair.score >= BY_CONTENT * 0.8]


def _score(column: _Column, wish: Wish, preset: Preset | None) -> tuple[float, Said]:
    why = said("why_header")
    meant = column.meaning
    if meant:
        weight = wish.accepts(meant)
        if weight:
            if column.by_preset and preset:
                return weight * PRESET, said("why_preset", system=preset.system)
            return weight * (EXACT if column.key in wish.names else BY_NAME), why
    if column.key in wish.names and not (meant and meant.concept in FOREIGN):
        return EXACT, why
    if meant or not column.key:
        return _score_content(column, wish)
    if len(column.key) >= SHORTEST_SIMILAR:
        best = process.extractOne(column.key, wish.similar, scorer=fuzz.ratio, score_cutoff=SIMILAR)
        if best:
            return BY_SIMILAR, said("why_similar")
    return _score_content(column, wish)


def _score_content(column: _Column, wish: Wish) -> tuple[float, Said]:
    """Let the cells speak where the name does not: never against a name that means something."""
    none = (0.0, said("why_unknown"))
    concepts = _BY_CONTENT.get(column.look.kind, ())
    if wish.concept not in concepts or wish.is_foreign:
        return none
    vague = column.meaning is None or (column.meaning.concept in _VAGUE and column.meaning.concept not in FOREIGN)
    if not vague:
        return none
    return BY_CONTENT * column.look.share * (1.0 if wish.concept == concepts[0] else 0.9), said("why_content")


# Names that say little: a column 联系方式 or "Contact" may hold phones, addresses or people.
_VAGUE = frozenset({"full_name", "phone", "email", "company", "wechat"})


def _one_address(pairs: list[_Pair], columns: Sequence[_Column]) -> list[_Pair]:
    """Keep, for each address of an object, only the columns of the file's most complete address."""
    variants: dict[str, Counter[str]] = {}
    for pair in pairs:
        group, column = _address_group(pair.target), columns[pair.column]
        if group and column.meaning:
            # Columns that hold something count a hundredfold over columns that are merely there.
            variants.setdefault(group, Counter())[column.meaning.variant] += 1 if column.look.is_empty else 100
    best = {group: max(counts, key=lambda variant: (counts[variant], -_variant_place(variant))) for group, counts in variants.items()}
    return [
        pair
        for pair in pairs
        if not _address_group(pair.target)
        or (meant := columns[pair.column].meaning) is None
        or best.get(_address_group(pair.target), meant.variant) == meant.variant
    ]


def _variant_place(variant: str) -> int:
    return VARIANT_ORDER.index(variant) if variant in VARIANT_ORDER else len(VARIANT_ORDER)


def _address_group(target: Target) -> str:
    """Name the address a target is a part of, "" for other targets."""
    if not target.kind.startswith("address"):
        return ""
    return f"{target.object}/{target.group or target.key.rpartition('.')[0]}"


def _settle(pairs: list[_Pair], columns: Sequence[_Column]) -> tuple[dict[int, _Pair], set[int]]:
    """Give every column its best target, the surest first; columns that came too late are the second part."""
    chosen: dict[int, _Pair] = {}
    taken: set[tuple[str, str]] = set()
    lost: set[int] = set()
    order = sorted(pairs, key=lambda pair: (columns[pair.column].look.is_empty, -pair.score, pair.column))
    for pair in order:
        spot = (pair.target.object, pair.target.key)
        if pair.column in chosen:
            continue
        if spot in taken and not pair.target.is_many:
            lost.add(pair.column)
            continue
        chosen[pair.column] = pair
        taken.add(spot)
    return _without_whole_names(chosen, columns, lost), lost


def _without_whole_names(chosen: dict[int, _Pair], columns: Sequence[_Column], lost: set[int]) -> dict[int, _Pair]:
    """Leave out the whole name where given and family name come in columns of their own: it only repeats them."""
    filled = {
        (pair.target.object, pair.target.kind) for at, pair in chosen.items() if not (columns[at].has_rows and columns[at].look.is_empty)
    }
    repeated = {
        at for at, pair in chosen.items()
        if pair.target.kind == "person_full" and {(pair.target.object, "person_first"), (pair.target.object, "person_last")} <= filled
    }  # fmt: skip
    lost |= repeated
    return {at: pair for at, pair in chosen.items() if at not in repeated}


def _label(column: _Column, target: Target) -> str:
    if target.kind not in ("email", "phone"):
        return ""
    concept = column.meaning.concept if column.meaning else ""
    if column.look.kind == "mobile" and concept in ("", "phone", "full_name"):
        return "mobile"
    is_home = concept == "email_2" and bool(set(column.key.split()) & {"home", "private", "personal"})
    return "home" if is_home else VALUE_LABELS.get(concept, "work")


def _suggestion(column: _Column, pair: _Pair | None, lost: set[int], preset: Preset | None, wishes: Sequence[Wish]) -> Suggestion:
    if pair:
        return Suggestion(column.index, pair.target, round(pair.score, 2), pair.why, pair.invert, _label(column, pair.target))
    if column.index in lost:
        why = said("why_taken")
    elif column.is_noise and preset:
        why = said("why_noise", system=preset.system)
    elif column.meaning and column.meaning.concept in FOREIGN:
        why = said("why_foreign")
    elif column.look.is_empty and column.has_rows:
        why = said("why_empty")
    elif column.meaning and column.meaning.variant and any(wish.concept == column.meaning.concept for wish in wishes):
        why = said("why_other_address")
    else:
        why = said("why_unknown")
    return Suggestion(column.index, None, 0.0, why)
