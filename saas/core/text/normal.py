"""Keys by which two spellings of an e-mail address, a telephone number, a firm or a web site are the same thing."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers

from saas.core.text.folding import fold

__all__ = ["company_key", "email_key", "fold", "phone_key", "web_host"]

_LONGEST_EMAIL = 320
_LONGEST_PHONE = 60
_SHORTEST_PHONE_KEY = len("+4912345")
_LONGEST_URL = 2000
_LONGEST_HOST = 253

_NOT_DIGITS = str.maketrans("", "", " \t-./()\u00a0\u2010\u2011\u2013")
# Shapes so common that the numbering plan need not be asked: whole mobile or national numbers, and how they begin.
_INTERNATIONAL = re.compile(r"\+(?:861[3-9]\d{9}|1[2-9]\d{2}[2-9]\d{6}|491[567]\d{8,9})")
_NATIONAL = {
    "CN": (re.compile(r"1[3-9]\d{9}"), "+86"),
    "US": (re.compile(r"[2-9]\d{2}[2-9]\d{6}"), "+1"),
    "CA": (re.compile(r"[2-9]\d{2}[2-9]\d{6}"), "+1"),
}

# Legal forms, folded; single letters are written together (`S.A. de C.V.` is `sa de cv`, `G.m.b.H.` is `gmbh`).
_LEGAL_FORMS = """
    gmbh; ggmbh; mbh; ag; kg; kgaa; ohg; gbr; ug; haftungsbeschrankt; ek; ev; eg; se; partg; partgmbb; co; and; und
    ltd; limited; llc; llp; lp; plc; inc; incorporated; corp; corporation; company; pllc; pc; pty; pvt; private; pte
    bhd; sdn; berhad; sa; sas; sasu; sarl; eurl; sci; snc; scs; sca; sl; slu; sau; sc; cv; sa de cv; de cv; sab; rl
    spa; srl; srls; sapa; scarl; lda; ltda; limitada; eireli; me; epp; sac; eirl; bv; nv; vof; bvba; sprl; cvba; asbl; vzw
    ab; publ; aktiebolag; hb; as; asa; aps; ks; is; oy; oyj; osakeyhtio; ehf; hf; ou; uab; sia; sp zoo; sp z oo; spzoo; sp j; sp k
    spolka z oo; spolka z ograniczona odpowiedzialnoscia; spolka akcyjna; sro; spol sro; ad; doo; dd; kft; zrt; nyrt; bt
    rt; eood; ood; ead; ooo; zao; oao; pao; ao; ип; ооо; зао; оао; пао; ао; тов; тоо; ае; ανωνυμη εταιρεια; επε; ικε; αε
    anonim sirketi; limited sirketi; ltd sti; sti; sanayi ve ticaret; san ve tic; tic; tbk; pt; cong ty tnhh; cong ty cp
    cong ty co phan; tnhh; jsc; pjsc; psc; fze; fzco; fzc; wll; saog; saoc; kk; gk; godo kaisha; kabushiki kaisha
    שמ; בעמ; שמ בעמ; شمم; ذمم; شمل
"""
_FORMS = frozenset(" ".join(form.split()) for line in _LEGAL_FORMS.splitlines() for form in line.split(";") if form.strip())
# Forms that are written in front of the name; `as`, `co` or `is` in front are words like others.
_LEADING_FORMS = _FORMS & set("pt ooo zao oao pao ооо зао оао пао тов uab sia ип".split()) | {
    "cong ty tnhh", "cong ty cp", "cong ty co phan",
}  # fmt: skip
_LONGEST_FORM = max(len(form.split()) for form in _FORMS)
_ASIAN_FORMS = re.compile(
    "|".join(
        (
            "(?:股份)?有限(?:责任)?公司", "(?:股份)?有限(?:責任)?公司", "集团公司", "股份公司", "总公司", "公司", "責任公司",
            "株式会社", "株式會社", "有限会社", "合同会社", "合資会社", "合名会社", "주식회사", "유한회사", "유한책임회사",
        )
    )
)  # fmt: skip
_SINGLE_LETTERS = re.compile(r"\b[^\W\d_](?: [^\W\d_]\b)+")
# (株), ㈱ and (주) stand for their forms only where they are bracketed.
_BRACKETED_FORMS = re.compile(r"[(（](?:株|有|合|주|유|股)[)）]")


@lru_cache(maxsize=4_096)
def email_key(raw: str) -> str | None:
    """Make the key of an e-mail address, or None where `raw` is not one address.

    Case, full-width letters, `mailto:`, a display name and angle brackets do not count; Unicode domains are compared
    in their ASCII form. Nothing provider-specific is undone (plus tags, dots), because it distinguishes people.
    """
    if len(raw) > _LONGEST_EMAIL * 2:
        return None
    text = raw.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = text.casefold() if text.isascii() else text.lower()
    if text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1].strip()
    text = text.removeprefix("mailto:")
    local, at, domain = text.rpartition("@")
    domain = domain.rstrip(".")
    if not at or not local or not domain or len(text) > _LONGEST_EMAIL or not text.isprintable() or _spaced(text):
        return None
    if "@" in local and not local.startswith('"'):
        return None
    return f"{local}@{_ascii_host(domain)}"


def _spaced(text: str) -> bool:
    return " " in text or "," in text or ";" in text


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def phone_key(raw: str, region: str) -> str | None:
    """Make the E.164 form (`+8613812345678`) of a number typed any way, or None where it cannot be a number.

    `region` is the ISO 3166 code of the country whose national numbers are typed without a country code. A number
    counts when its length is possible in its country; extensions are not part of the key.
    """
    bare = raw.translate(_NOT_DIGITS)
    if bare.isascii():
        if _INTERNATIONAL.fullmatch(bare):
            return bare
        shape = _NATIONAL.get(region)
        if shape and shape[0].fullmatch(bare):
            return shape[1] + bare
    return _parsed(raw, region.upper())


@lru_cache(maxsize=20_000)
def _parsed(raw: str, region: str) -> str | None:
    if len(raw) > _LONGEST_PHONE or not any(char.isdigit() for char in raw):
        return None
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", raw), region or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    key = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return key if len(key) >= _SHORTEST_PHONE_KEY else None


@lru_cache(maxsize=20_000)
def company_key(name: str) -> str:
    """Make the key of a firm's name: folded, without legal forms at its ends (`ACME G.m.b.H. & Co. KG` is `acme`).

    A name that is nothing but a legal form keeps it. Empty only for a name without letters or digits.
    """
    bare = _BRACKETED_FORMS.sub(" ", unicodedata.normalize("NFKC", name[:_LONGEST_URL]))
    folded = _SINGLE_LETTERS.sub(_together, fold(bare.replace("&", " and ")))
    key = _strip_forms(_ASIAN_FORMS.sub(" ", folded).split())
    return " ".join(key) if key else folded


def _together(letters: re.Match[str]) -> str:
    return letters.group().replace(" ", "")


def _strip_forms(words: list[str]) -> list[str]:
    """Take legal forms off the end and then off the beginning, as long as something else is left."""
    changed = True
    while changed and words:
        changed = False
        for size in range(min(_LONGEST_FORM, len(words)), 0, -1):
            if " ".join(words[-size:]) in _FORMS:
                words, changed = words[:-size], True
                break
    for size in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
        if " ".join(words[:size]) in _LEADING_FORMS:
            return words[size:]
    return words


def web_host(url: str) -> str | None:
    """Give the host of a web address without `www.`, port, user and path, or None where there is none.

    Takes what people write in a web-site field: `https://www.acme.com/de`, `acme.com`, `//acme.com`, `acme.com:8080`.
    """
    text = unicodedata.normalize("NFKC", url[:_LONGEST_URL]).strip().lower()
    _, separator, rest = text.partition("://")
    rest = (rest if separator else text).lstrip("/")
    host = re.split(r"[/?#\\\s]", rest, maxsplit=1)[0].rpartition("@")[2]
    host = host.partition(":")[0].strip(".")
    host = _ascii_host(host.removeprefix("www."))
    if "." not in host or ".." in host or len(host) > _LONGEST_HOST or not re.fullmatch(r"[\w.-]+", host):
        return None
    return host
