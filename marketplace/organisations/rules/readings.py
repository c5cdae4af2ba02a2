"""How the name of an organisation is read: its letter in the directory, its place in the order, what finds it when pinyin is typed.

A small table of first readings (one line a syllable) stands in for pypinyin, which would cost every web process 58 MB. It is read when
a name is first spelled and weighs 2 MB; a page that only looks firms up never reads it, since what it needs stands in columns.
"""

import unicodedata
from functools import cache
from importlib import resources
from typing import NamedTuple

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ#"
UNREAD = "zzzzzz"  # no syllable begins so: what cannot be read stands behind every reading
_PLACE = 6  # letters of the longest syllable (zhuang)
_KEPT = 20  # syllables of a name by which it is placed in the order
MOST_TYPED = 24  # letters of typed pinyin that count
# Readings that the first one gives wrongly for names of firms and places: single characters, then words, the longest first.
_OWN = {
    "长": "chang", "厦": "xia", "曾": "zeng", "翟": "zhai", "仇": "qiu", "覃": "qin", "晟": "sheng", "莘": "xin", "都": "du", "会": "hui",
    "查": "zha", "盖": "gai", "乐": "le", "重": "zhong", "行": "xing", "朝": "chao", "单": "dan", "调": "tiao", "参": "can", "差": "cha",
}  # fmt: skip
_WORDS = {
    "重庆": "chong qing", "朝阳": "chao yang", "银行": "yin hang", "行业": "hang ye", "同行业": "tong hang ye", "调查": "diao cha",
    "调研": "diao yan", "背调": "bei diao", "调动": "diao dong", "会计": "kuai ji", "会稽": "kuai ji", "音乐": "yin yue", "乐清": "yue qing",
    "台州": "tai zhou", "天台": "tian tai", "六安": "lu an", "六合": "lu he", "蚌埠": "beng bu", "丽水": "li shui", "番禺": "pan yu",
    "单县": "shan xian", "单于": "chan yu", "长孙": "zhang sun", "尉迟": "yu chi", "万俟": "mo qi", "浒墅关": "xu shu guan", "浒关": "xu guan",
    "涡阳": "guo yang", "歙县": "she xian", "黟县": "yi xian", "盱眙": "xu yi", "甪直": "lu zhi", "铅山": "yan shan", "莘县": "shen xian",
    "成都": "cheng du", "首都": "shou du", "家长": "jia zhang", "成长": "cheng zhang", "增长": "zeng zhang", "校长": "xiao zhang",
    "董事长": "dong shi zhang", "重复": "chong fu", "重组": "chong zu", "重启": "chong qi", "重塑": "chong su", "差旅": "chai lv",
    "西藏": "xi zang", "传记": "zhuan ji", "大厦": "da sha", "调查员": "diao cha yuan", "调频": "tiao pin", "检查": "jian cha",
}  # fmt: skip
_LONGEST = max(map(len, _WORDS))


class Spelling(NamedTuple):
    """A name's columns: letter of the directory (`#` where its first sign has none), sort key, and what typed pinyin is looked for in."""

    pinyin_initial: str
    pinyin_key: str
    pinyin_words: str


@cache
def _table() -> dict[str, str]:
    text = resources.files("marketplace.organisations").joinpath("data/readings.txt").read_text(encoding="utf-8")
    table: dict[str, str] = {}
    for line in text.splitlines():
        syllable, characters = line.split(" ", 1)
        table.update(dict.fromkeys(characters, syllable))
    return table | _OWN


def syllables(name: str) -> list[str]:
    """A name as it is read: one syllable per character, a run of Latin letters or digits as one, ü as v; signs without a reading as
    they are, punctuation and blanks left out."""
    found: list[str] = []
    text, place, run = unicodedata.normalize("NFKC", name).strip(), 0, False
    while place < len(text):
        sign = text[place]
        if sign.isascii():
            if not sign.isalnum():
                run = False
            elif run:
                found[-1] += sign.lower()
            else:
                found.append(sign.lower())
                run = True
            place += 1
            continue
        run = False
        word = next((text[place : place + n] for n in range(_LONGEST, 1, -1) if text[place : place + n] in _WORDS), "")
        if word:
            found.extend(_WORDS[word].split())
        elif sign.isalnum():
            found.append(_table().get(sign, sign))
        place += len(word) or 1
    return found


def spell(name: str, short_name: str = "") -> Spelling:
    """How an organisation is filed: under its short name where it has one, under its whole name otherwise; found by both."""
    label = syllables(short_name) or syllables(name)
    words: dict[str, None] = {}
    for read in (label, syllables(name)):
        for start in range(len(read)):
            words["".join(read[start:])[:MOST_TYPED]] = None
            words["".join(one if one.isascii() and _is_run(one) else one[:1] for one in read[start:])[:MOST_TYPED]] = (
                None
            )
    spelled = [word for word in words if word.isascii()]
    return Spelling(_letter(label), _key(label), f" {' '.join(spelled)}" if spelled else "")


def _is_run(read: str) -> bool:
    """Is this a run of letters or digits as it stood in the name, not the reading of a character?"""
    return read not in _syllable_set()


@cache
def _syllable_set() -> frozenset[str]:
    return frozenset(_table().values())


def _letter(read: list[str]) -> str:
    first = read[0][:1].upper() if read else "#"
    return first if first in LETTERS else "#"


def _key(read: list[str]) -> str:
    """Every syllable in six places, so that 安邦 stands before 昂 under any collation of any database: letters and digits only."""
    places = []
    for one in read[:_KEPT]:
        known = one if one.isascii() else UNREAD[:2] + f"{ord(one[0]):04x}"
        places.append(known[:_PLACE].ljust(_PLACE, "0"))
    head = "" if places and places[0][0].isalpha() and not places[0].startswith(UNREAD[:2]) else UNREAD
    return head + "".join(places)


def typed_pinyin(q: str) -> str:
    """What somebody typed as it is looked for in `pinyin_words`; empty where it is no pinyin (`qīng pǔ`, `QingPu`, `qp` are)."""
    plain = unicodedata.normalize("NFD", q.lower()).replace("u\u0308", "v")
    letters = "".join(sign for sign in plain if sign.isalnum() and not unicodedata.combining(sign))
    return letters[:MOST_TYPED] if letters.isascii() else ""


def pinyin_initial(name: str) -> str:
    """The letter under which a name stands in the directory; `#` when its first character has none that we know."""
    return _letter(syllables(name))
