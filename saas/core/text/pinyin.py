"""Readings of Chinese: one syllable without tone for each character, surnames read as surnames. No sorting here."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

# Characters that are read otherwise when they are a family name.
_SURNAMES = {
    "单": "shan", "單": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "任": "ren", "朴": "piao",
    "区": "ou", "區": "ou", "盖": "ge", "蓋": "ge", "尉": "wei", "乐": "yue", "樂": "yue", "缪": "miao", "繆": "miao",
    "宓": "mi", "翟": "zhai", "祭": "zhai", "洗": "xian", "冼": "xian", "折": "she", "黑": "he", "秘": "bi", "不": "fou",
    "重": "chong", "种": "chong", "覃": "qin", "员": "yun", "員": "yun", "召": "shao", "车": "che", "車": "che",
    "句": "gou", "勾": "gou", "那": "na", "哈": "ha", "华": "hua", "華": "hua", "纪": "ji", "紀": "ji", "令": "ling",
    "乜": "nie", "佴": "nai", "逄": "pang", "逯": "lu", "卜": "bu", "柏": "bai", "晁": "chao", "谌": "chen", "谯": "qiao",
    "燕": "yan", "应": "ying", "應": "ying", "于": "yu", "宁": "ning", "甯": "ning", "薄": "bo", "咸": "xian",
    "繁": "po", "能": "nai", "隗": "wei", "郇": "xun", "郗": "xi", "眭": "sui", "瞿": "qu", "褚": "chu", "阚": "kan",
    "葛": "ge", "过": "guo", "過": "guo", "筰": "ze", "藏": "zang", "长": "zhang", "撒": "sa", "麻": "ma", "幺": "yao",
    "朝": "chao", "都": "du", "相": "xiang", "强": "qiang", "费": "fei", "費": "fei", "万": "wan", "曲": "qu", "盛": "sheng",
}  # fmt: skip
_LONG_SURNAMES = {
    "欧阳": "ou yang", "歐陽": "ou yang", "司马": "si ma", "司馬": "si ma", "上官": "shang guan", "诸葛": "zhu ge",
    "諸葛": "zhu ge", "尉迟": "yu chi", "尉遲": "yu chi", "万俟": "mo qi", "長孫": "zhang sun", "长孙": "zhang sun",
    "令狐": "ling hu", "澹台": "tan tai", "澹臺": "tan tai", "单于": "chan yu", "單于": "chan yu", "夏侯": "xia hou",
    "皇甫": "huang fu", "公孙": "gong sun", "公孫": "gong sun", "慕容": "mu rong", "宇文": "yu wen", "司徒": "si tu",
    "司空": "si kong", "太史": "tai shi", "端木": "duan mu", "东方": "dong fang", "東方": "dong fang", "独孤": "du gu",
    "南宫": "nan gong", "南宮": "nan gong", "西门": "xi men", "西門": "xi men", "濮阳": "pu yang", "濮陽": "pu yang",
    "呼延": "hu yan", "赫连": "he lian", "赫連": "he lian", "轩辕": "xuan yuan", "軒轅": "xuan yuan", "钟离": "zhong li",
    "鍾離": "zhong li", "申屠": "shen tu", "仲孙": "zhong sun", "鲜于": "xian yu", "鮮于": "xian yu", "闾丘": "lv qiu",
    "亓官": "qi guan", "乐正": "yue zheng", "公冶": "gong ye", "宗政": "zong zheng", "淳于": "chun yu", "拓跋": "tuo ba",
    "百里": "bai li", "东郭": "dong guo", "南门": "nan men", "羊舌": "yang she", "梁丘": "liang qiu", "左丘": "zuo qiu",
}  # fmt: skip
_LONGEST_PHRASE = 4


def is_han(char: str) -> bool:
    """Say whether `char` is a Chinese character (also 〇 and those of the supplementary planes)."""
    return (
        "\u4e00" <= char <= "\u9fff"
        or "\u3400" <= char <= "\u4dbf"
        or "\uf900" <= char <= "\ufaff"
        or "\U00020000" <= char <= "\U000323af"
        or char == "\u3007"
    )


def _bare(syllable: str) -> str:
    """Take the tone off; ü is `v`, as it is typed."""
    plain = unicodedata.normalize("NFD", syllable).replace("u\u0308", "v").replace("ê", "e")
    return "".join(char for char in plain if "a" <= char <= "z")


@lru_cache(maxsize=50_000)
def _readings(char: str) -> tuple[str, ...]:
    """List the readings of one character without tones, commonest first; empty for characters nobody reads."""
    listed = PINYIN_DICT.get(ord(char), "")
    return tuple(dict.fromkeys(bare for reading in listed.split(",") if (bare := _bare(reading))))


@lru_cache(maxsize=50_000)
def _phrase(text: str) -> tuple[str, ...] | None:
    listed = PHRASES_DICT.get(text)
    return tuple(_bare(syllable[0]) for syllable in listed) if listed else None


def syllables(han: str, *, is_person_name: bool = False) -> list[str]:
    """Read a run of Chinese characters: one syllable a character, `""` where none is known.

    Characters with several readings are read by the phrase they stand in (重庆 is chong qing) and, with
    `is_person_name`, family names as family names (单 is shan, 曾 is zeng, 万俟 is mo qi).
    """
    read: list[str] = []
    if is_person_name and han:
        long_surname = _LONG_SURNAMES.get(han[:2]) if len(han) > 2 or han in _LONG_SURNAMES else None
        if long_surname:
            read = long_surname.split(" ")
        elif han[0] in _SURNAMES:
            read = [_SURNAMES[han[0]]]
    while len(read) < len(han):
        read.extend(_next(han, len(read)))
    return read


def _next(han: str, start: int) -> tuple[str, ...]:
    """Read the phrase that begins at `start`, or its one character where no phrase matters."""
    for size in range(min(_LONGEST_PHRASE, len(han) - start), 1, -1):
        piece = han[start : start + size]
        if any(len(_readings(char)) > 1 for char in piece) and (phrase := _phrase(piece)):
            return phrase
    readings = _readings(han[start])
    return (readings[0],) if readings else ("",)


def other_surname_reading(han: str) -> str | None:
    """Give the everyday reading of a family name that is read otherwise (单: dan), or None."""
    if not han or han[0] not in _SURNAMES:
        return None
    readings = _readings(han[0])
    return readings[0] if readings and readings[0] != _SURNAMES[han[0]] else None
