"""Names of persons split into given and family name, titles and suffixes, in the order their own culture writes them."""

# ruff: noqa: E501 -- tables of words and patterns read best one entry a line
from __future__ import annotations

import re
from typing import NamedTuple

from saas.crm.transfer.values.outcome import EMPTY, Hints, Problem, Value, mended, problem
from saas.crm.transfer.values.surnames import CHINESE_DOUBLE, CHINESE_SINGLE, KOREAN_DOUBLE, VIETNAMESE
from saas.crm.transfer.values.text import NOTHING, is_error, is_formula, split_list, unwrap

LONGEST_HAN = 4
LONGEST = 200


class PersonName(NamedTuple):
    """The parts of a name; "" for what there is not. `given` keeps all given names."""

    given: str
    family: str
    prefix: str = ""
    suffix: str = ""


_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff〇々]+")
_HAN_DOTTED = re.compile(r"[\u3400-\u9fff]+(?:[·•・.．‧][\u3400-\u9fff]+)+")
_KANA = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々ー]+")
_HANGUL = re.compile(r"[\uac00-\ud7a3]+")
_HAN_TITLE = re.compile(
    r"(?P<name>[\u3400-\u9fff]{1,3}?)(?P<title>先生|女士|小姐|太太|夫人|总经理|副总经理|董事长|总监|经理|主任|主管|部长|处长|科长|局长|校长|院长|厂长|老板|老板娘|老师|教授|医生|律师|博士|工程师|总工|总|工|董|哥|姐|师傅|同学)"
)
_PREFIXES = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "rev", "hon", "herr", "frau", "fräulein", "dipl-ing", "dipl", "ing", "mag", "sr", "sra", "srta", "don", "doña", "m", "mme", "mlle",
     "monsieur", "madame", "med", "jur", "phil", "hc", "h", "c", "univ-prof", "priv-doz", "pd", "dipl-kfm", "capt", "col", "sig", "dott", "ir", "drs"}
)  # fmt: skip
_SUFFIXES = frozenset(
    {
        "jr",
        "sr",
        "ii",
        "iii",
        "iv",
        "phd",
        "md",
        "mba",
        "esq",
        "cpa",
        "msc",
        "bsc",
        "ma",
        "ba",
        "llm",
        "dds",
        "rn",
        "pe",
        "cfa",
        "pmp",
        "dphil",
        "beng",
        "meng",
    }
)
_PARTICLES = frozenset(
    {"van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "das", "do", "du", "des", "la", "le", "les", "el", "al", "bin", "ibn", "ben", "bint", "ter", "ten", "te", "zu", "zum", "zur", "vom", "af",
     "av", "st", "san", "santa", "mac", "mc", "y", "'t", "op", "in", "het", "degli", "lo", "dello", "abu"}
)  # fmt: skip
_LINKS = frozenset({"y", "e", "i", "und", "of"})
_DOUBLE_FAMILY_REGIONS = frozenset("ES MX AR CO CL PE VE EC BO UY PY CR DO GT HN NI PA SV CU PR".split())
_EASTERN = frozenset({"HU"})
_SEVERAL = re.compile(
    r"\s*(?:[;；、\n|]|:::)\s*|\s+(?:&|\+|und|and|y|et|和|与|及)\s+|(?<=[\u3400-\u9fff])\s*[/,，和与&]\s*(?=[\u3400-\u9fff])|(?<=\w\w)\s*/\s*(?=\w\w)"
)
_ADDRESS = re.compile(r"\s*[<(（\[]?\s*[^\s<>()（）\[\]]+@[^\s<>()（）\[\]]+\s*[>)）\]]?\s*")
_NUMBERS = re.compile(r"[\s:：]*\+?\d[\d\s\-]{6,}$")


def split_people(text: str) -> list[str]:
    """Split a cell that names several people: `张伟、李娜`, `Hans Müller; Eva Klein`, `王芳/李强`."""
    parts = [part.strip(" ,，") for part in _SEVERAL.split(text) if part.strip(" ,，")]
    if len(parts) > 1 and _shares_family(parts):
        # `Hans und Eva Müller` are two people of one family.
        family = split_name(parts[-1]).family
        return [f"{part} {family}" if " " not in part else part for part in parts[:-1]] + parts[-1:]
    if len(parts) == 1 and all(_HAN.fullmatch(piece) for piece in split_list(text)):
        return split_list(text)
    return parts


def _shares_family(parts: list[str]) -> bool:
    return " " in parts[-1] and all(" " not in part and part.isascii() == part.isascii() and not _HAN.search(part) for part in parts[:-1])


def parse_full_name(text: str, hints: Hints) -> Value | Problem:
    """Read a whole name in one cell as PersonName. Several people in the cell are a problem; the first is proposed."""
    if is_error(text):
        return problem("excel_error", "", text=text)
    plain = " ".join(unwrap(text).replace("\n", "; ").split())
    if plain.casefold() in NOTHING:
        return EMPTY
    if is_formula(plain):
        return mended(PersonName("", plain[:LONGEST]), "formula", text=plain[:60])
    bare = _NUMBERS.sub("", _ADDRESS.sub(" ", plain)).strip(" ,;，；")
    people = split_people(bare)
    if len(people) > 1:
        return problem("several_people", people[0], text=plain[:80], count=len(people))
    if not bare:
        return problem("not_a_name", None, text=plain[:60])
    if not any(char.isalpha() for char in bare):
        return problem("not_a_name", None, text=plain[:60])
    name = split_name(bare[:LONGEST], hints.region)
    return Value(name) if bare == plain else mended(name, "name_cut", text=plain[:80])


def parse_name_part(text: str) -> Value | Problem:
    """Read a given or a family name from its own column."""
    if text.isalpha():
        return Value(text)
    if is_error(text):
        return problem("excel_error", "", text=text)
    plain = " ".join(unwrap(text).split())
    if plain in ("-", "--", ".", "—", "/", "\\N"):
        return EMPTY
    if is_formula(plain):
        return mended(plain[:LONGEST], "formula", text=plain[:60])
    bare = _ADDRESS.sub(" ", plain).strip() if "@" in plain else plain
    if not bare:
        return problem("not_a_name", None, text=plain[:60])
    return Value(bare) if bare == plain else mended(bare, "name_cut", text=plain[:80])


def split_name(text: str, region: str = "") -> PersonName:
    """Split a name of one person.

    Chinese, Korean and Vietnamese names begin with the family name, and so do `Müller, Hans` and `MÜLLER Hans`; particles
    (`van der Berg`) belong to the family name.
    """
    text = " ".join(text.replace("\u3000", " ").split())
    east = _split_eastern(text.replace(" ", "") if _HAN.fullmatch(text.replace(" ", "")) else text, text, region)
    return east or _split_western(text, region)


def _split_eastern(joined: str, text: str, region: str) -> PersonName | None:
    if _HAN_DOTTED.fullmatch(joined):
        # Transcribed names keep their own order: 卡尔·马克思.
        given, _, family = re.sub(r"[•・.．‧]", "·", joined).rpartition("·")
        return PersonName(given, family)
    if _HAN.fullmatch(joined):
        if " " in text:
            family, _, given = text.partition(" ")
            if len(family) <= 3:
                return PersonName(given.replace(" ", ""), family)
        return _split_han(joined, region)
    if _KANA.fullmatch(text.replace(" ", "")):
        family, _, given = text.partition(" ")
        return PersonName(given, family)
    if _HANGUL.fullmatch(text.replace(" ", "")):
        plain = text.replace(" ", "")
        size = 2 if plain[:2] in KOREAN_DOUBLE and len(plain) > 2 else 1
        return PersonName(plain[size:], plain[:size])
    first, _, rest = text.partition(" ")
    if first in VIETNAMESE and rest and (region == "VN" or not first.isascii()):
        return PersonName(rest, first)
    return None


def _split_han(text: str, region: str) -> PersonName:
    if region == "JP" and len(text) > LONGEST_HAN - 1:
        return PersonName(text[2:], text[:2])
    titled = _HAN_TITLE.fullmatch(text)
    if titled and (titled["name"][:1] in CHINESE_SINGLE or titled["name"][:2] in CHINESE_DOUBLE):
        name = titled["name"]
        is_whole = len(titled["title"]) > 1 or len(name) == 1
        if is_whole:
            inner = _split_han(name, region) if len(name) > 1 else PersonName("", name)
            return inner._replace(suffix=titled["title"])
    if len(text) == 1:
        return PersonName("", text)
    size = 2 if text[:2] in CHINESE_DOUBLE and len(text) > 2 else 1
    if len(text) > LONGEST_HAN and size == 1:
        # Longer than a person's name is: a firm, a shop or a transcription; left whole.
        return PersonName("", text)
    return PersonName(text[size:], text[:size])


def _split_western(text: str, region: str) -> PersonName:
    before, comma, after = text.partition(",")
    suffix = ""
    if comma:
        after, suffix = _take_suffixes(after.replace(",", " ").split())
        if not after:
            before, comma = before.strip(), ""
        else:
            prefix, family = _take_prefixes(before.split())
            more, given = _take_prefixes(after.split())
            return PersonName(given, family, " ".join(filter(None, (prefix, more))), suffix)
    prefix, rest = _take_prefixes(before.split())
    rest, ending = _take_suffixes(rest.split())
    given, family = _divide(rest.split(), region)
    return PersonName(given, family, prefix, " ".join(filter(None, (ending, suffix))))


def _take_prefixes(words: list[str]) -> tuple[str, str]:
    count = 0
    while (
        count < len(words) - 1
        and words[count].casefold().replace(".", "").strip() in _PREFIXES
        and (words[count].endswith(".") or len(words[count]) > 1)
    ):
        count += 1
    return " ".join(words[:count]), " ".join(words[count:])


def _take_suffixes(words: list[str]) -> tuple[str, str]:
    count = len(words)
    while count > 0 and words[count - 1].casefold().replace(".", "").strip(",") in _SUFFIXES:
        # `Ma` and `Ba` are names too; as degrees they are written in capitals.
        if len(words[count - 1].replace(".", "")) == 2 and not (
            words[count - 1].isupper() or words[count - 1].casefold().strip(".,") in ("jr", "sr", "ii", "iv")
        ):
            break
        count -= 1
    return " ".join(words[:count]).strip(" ,"), " ".join(words[count:])


def _divide(words: list[str], region: str) -> tuple[str, str]:
    """Divide the words of a name into given and family name."""
    if len(words) <= 1:
        return "", words[0] if words else ""
    capitals = [len(word) > 1 and word.isupper() and word.isalpha() for word in words]
    if any(capitals) and not all(capitals) and capitals[0] != capitals[-1]:
        family = [word for word, upper in zip(words, capitals, strict=True) if upper]
        return " ".join(word for word, upper in zip(words, capitals, strict=True) if not upper), " ".join(family)
    if region in _EASTERN:
        return " ".join(words[1:]), words[0]
    for index in range(1, len(words) - 1):
        if words[index].casefold() in _PARTICLES and (words[index][0].islower() or words[index - 1].casefold() not in _PARTICLES):
            start = index - 1 if words[index].casefold() in _LINKS and index > 1 else index
            return " ".join(words[:start]), " ".join(words[start:])
    if region in _DOUBLE_FAMILY_REGIONS and len(words) > 2:
        return " ".join(words[:-2]), " ".join(words[-2:])
    return " ".join(words[:-1]), words[-1]
