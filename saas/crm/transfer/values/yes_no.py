"""Yes and no, in the words and signs of five languages."""

# ruff: noqa: E501 -- tables of words and patterns read best one entry a line
from __future__ import annotations

from saas.crm.transfer.values.outcome import EMPTY, Problem, Value, problem
from saas.crm.transfer.values.text import NOTHING

YES = frozenset({"yes", "y", "true", "t", "1", "1.0", "on", "x", "✓", "✔", "√", "☑", "✅", "checked", "enabled", "active", "是", "有", "对", "真", "已", "启用", "同意", "开", "ja", "j",
                 "wahr", "sí", "si", "s", "verdadero", "oui", "o", "vrai", "opted in", "subscribed", "已订阅", "已同意"})  # fmt: skip
NO = frozenset({"no", "n", "false", "f", "0", "0.0", "off", "✗", "✘", "×", "☐", "❌", "unchecked", "disabled", "inactive", "否", "无", "错", "假", "未", "停用", "不同意", "关", "nein",
                "falsch", "falso", "non", "faux", "opted out", "unsubscribed", "未订阅", "已退订", "没有", "不是"})  # fmt: skip


def parse_yes_no(text: str, invert: bool = False) -> Value | Problem:
    """Read yes or no; `invert` for columns that ask the opposite question, such as "Email Opt Out"."""
    word = text.casefold().strip(" .!")
    if word in YES:
        return Value(not invert)
    if word in NO:
        return Value(invert)
    return EMPTY if word in NOTHING else problem("not_yes_no", None, text=text[:60])
