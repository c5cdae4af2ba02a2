"""Mending what was typed: pinyin, initials, words that sound or look alike. Nothing is touched that the index has as it stands."""

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from rapidfuzz import fuzz, process
from rapidfuzz.distance import DamerauLevenshtein

from marketplace.search import tokens
from marketplace.search.dictionary import ANY, LONGEST_TYPO, Dictionary, is_ordinary, lookalikes, loose, masks_of
from marketplace.search.suggest import Offer

_SYLLABLE = (
    "zhuang|chuang|shuang|zhang|zheng|zhong|zhuai|zhuan|chang|cheng|chong|chuai|chuan|shang|sheng|shuai|shuan|jiang|jiong|qiang|qiong"
    "|xiang|xiong|niang|liang|guang|kuang|huang|biao|bian|bing|bang|beng|pian|piao|ping|pang|peng|mian|miao|ming|mang|meng|fang|feng|dian"
    "|diao|ding|dang|deng|dong|duan|tian|tiao|ting|tang|teng|tong|tuan|nian|niao|ning|nang|neng|nong|nuan|lian|liao|ling|lang|leng|long"
    "|luan|guai|guan|gang|geng|gong|kuai|kuan|kang|keng|kong|huai|huan|hang|heng|hong|jian|jiao|jing|juan|qian|qiao|qing|quan|xian|xiao"
    "|xing|xuan|zhai|zhan|zhao|zhei|zhen|zhou|zhua|zhui|zhun|zhuo|chai|chan|chao|chen|chou|chua|chui|chun|chuo|shai|shan|shao|shei|shen"
    "|shou|shua|shui|shun|shuo|rang|reng|rong|ruan|zang|zeng|zong|zuan|cang|ceng|cong|cuan|sang|seng|song|suan|yang|ying|yong|yuan|wang"
    "|weng|bai|ban|bao|bei|ben|bie|bin|pai|pan|pao|pei|pen|pie|pin|pou|mai|man|mao|mei|men|mie|min|miu|mou|fan|fei|fen|fou|dai|dan|dao"
    "|dei|den|dia|die|diu|dou|dui|dun|duo|tai|tan|tao|tie|tou|tui|tun|tuo|nai|nan|nao|nei|nen|nie|nin|niu|nou|nuo|nue|lai|lan|lao|lei|lia"
    "|lie|lin|liu|lou|lun|luo|lue|gai|gan|gao|gei|gen|gou|gua|gui|gun|guo|kai|kan|kao|kei|ken|kou|kua|kui|kun|kuo|hai|han|hao|hei|hen|hou"
    "|hua|hui|hun|huo|jia|jie|jin|jiu|jue|jun|qia|qie|qin|qiu|que|qun|xia|xie|xin|xiu|xue|xun|zha|zhe|zhi|zhu|cha|che|chi|chu|sha|she|shi"
    "|shu|ran|rao|ren|rou|rui|run|ruo|zai|zan|zao|zei|zen|zou|zui|zun|zuo|cai|can|cao|cen|cou|cui|cun|cuo|sai|san|sao|sen|sou|sui|sun|suo"
    "|yan|yao|yin|you|yue|yun|wai|wan|wei|wen|ang|eng|ba|bo|bi|bu|pa|po|pi|pu|ma|mo|me|mi|mu|fa|fo|fu|da|de|di|du|ta|te|ti|tu|na|ne|ni|nu"
    "|nv|la|le|li|lu|lv|ga|ge|gu|ka|ke|ku|ha|he|hu|ji|ju|qi|qu|xi|xu|re|ri|ru|za|ze|zi|zu|ca|ce|ci|cu|sa|se|si|su|ya|ye|yi|yo|yu|wa|wo|wu"
    "|ai|an|ao|ei|en|er|ou|a|e|o"
)
_PINYIN = re.compile(rf"(?:{_SYLLABLE})+")
_ONE = re.compile(_SYLLABLE)
_SPACED = re.compile(r"[a-z]+(?: [a-z]+)+")
_MIXED = re.compile(r"[a-z]+")
_LEAST_SCORE = 86
LEAST_STOP = 4
"""Characters of a word that says nothing about a need for it to be worth mending: 要招 is not 要找."""

_LEAST_PART = 4
"""Letters of pinyin that a known word must have to be picked out of unknown ones."""

_LONGEST_PINYIN = 40
_MOST_MEANT = 3


class Vocabulary(Protocol):
    """What the index can tell about words."""

    def occurs(self, wording_tokens: Sequence[str]) -> bool: ...

    def suggest(self, typed: str, limit: int = 10) -> list[Offer]: ...


def spaced_pinyin(text: str, known: Dictionary) -> str:
    """Pinyin written in separate syllables as Chinese: `lao wu pai qian`; the text as it is when any of it is something else."""
    if not _SPACED.fullmatch(text) or not all(map(_PINYIN.fullmatch, text.split())):
        return text
    joined = text.replace(" ", "")
    return (
        _join(
            spell(joined, known.sounds, known)
            or spell(loose(joined), known.loose_sounds, known)
            or spell_partly(joined, known)
        )
        or text
    )


def _join(parts: Sequence[str]) -> str:
    """Words one after another; between two Latin ones stands a space."""
    text = ""
    for part in parts:
        text += f" {part}" if text and text[-1].isascii() and part[0].isascii() else part
    return text


def spell(typed: str, sounds: dict[str, list[str]], known: Dictionary) -> list[str]:
    """Cut pinyin into known words, as few as possible; empty unless the whole of it can be read."""
    best: list[list[str] | None] = [None] * (len(typed) + 1)
    best[0] = []
    for end in range(2, len(typed) + 1):
        for start in range(end - 1):
            before = best[start]
            here = best[end]
            if before is None or (here is not None and len(before) + 1 >= len(here)):
                continue
            words = sounds.get(typed[start:end])
            if words:
                best[end] = [*before, known.best(words)]
    return best[-1] or []


def spell_partly(typed: str, known: Dictionary) -> list[str]:
    """The known words in pinyin of which not all is known (`cepingzhongxin`): empty unless they are half of it and name a need."""
    if len(typed) > _LONGEST_PINYIN or not _PINYIN.fullmatch(typed):
        return []
    best: list[tuple[int, tuple[str, ...]] | None] = [None] * (len(typed) + 1)
    best[0] = (0, ())
    for start in range(len(typed)):
        here = best[start]
        if here is None:
            continue
        for end in range(start + 1, len(typed) + 1):
            piece = typed[start:end]
            words = known.sounds.get(piece) if len(piece) >= _LEAST_PART else None
            if words:
                step = (here[0] + len(piece), (*here[1], known.best(words)))
            elif end - start <= 6 and _ONE.fullmatch(piece):
                step = here
            else:
                continue
            there = best[end]
            if there is None or (step[0], -len(step[1])) > (there[0], -len(there[1])):
                best[end] = step
    covered, picked = best[-1] or (0, ())
    is_enough = covered * 2 >= len(typed) and any(known.kinds.get(word) == "word" for word in picked)
    return list(picked) if is_enough else []


def read_latin(word: str, known: Dictionary, vocabulary: Vocabulary, also: dict[str, list[str]]) -> str:
    """The Chinese behind pinyin or initials, or the English word that was meant; the word itself when nobody would read it so.

    Where initials or pinyin stand for several words, `also` notes the others under the one chosen.
    """
    if len(word) < 2 or not word.isascii() or not word.isalpha():
        return word
    for same in (known.sounds.get(word), known.readings.initials.get(word)):
        if same:
            chosen = known.best(same)
            also[chosen] = [one for one in same if one != chosen and known.kinds.get(one) == "word"][:_MOST_MEANT]
            return chosen
    found = _join(spell(word, known.sounds, known))
    if found:
        return found
    if len(word) > 3 and _PINYIN.fullmatch(word) and (heard := spell(loose(word), known.loose_sounds, known)):
        return _join(heard)
    if len(word) > 4 and (english := near_english(word, known)):
        return english
    if len(word) > 4 and (sounding := _near_sound(word, known)):
        return sounding
    if partly := spell_partly(word, known):
        return _join(partly)
    for offer in vocabulary.suggest(word, 1) if len(word) > 2 else ():
        return tokens.normalise(offer.text)
    return word


def near_english(text: str, known: Dictionary) -> str | None:
    """The known Latin word or phrase that a text of Latin words misspells; people get the first letter right."""
    found = process.extractOne(text, known.latin, scorer=fuzz.ratio, score_cutoff=_LEAST_SCORE)
    return found[0] if found and found[0][0] == text[0] else None


def _near_sound(word: str, known: Dictionary) -> str | None:
    """Pinyin with a slip of the finger: whole, or behind or before a place that is spelt right."""
    if found := _slipped(word, known):
        return found
    for cut in range(4, len(word) - 4):
        for place, rest, first in ((word[:cut], word[cut:], True), (word[cut:], word[:cut], False)):
            if place in known.places and (meant := _slipped(rest, known) or _join(spell(rest, known.sounds, known))):
                return _join([place, meant] if first else [meant, place])
    return None


def _slipped(word: str, known: Dictionary) -> str | None:
    if len(word) < 5:
        return None
    most = 1 if len(word) < 10 else 2
    found = process.extractOne(word, known.heard, scorer=DamerauLevenshtein.distance, score_cutoff=most)
    return known.best(known.sounds[found[0]]) if found else None


def mend_mixed(text: str, known: Dictionary) -> str:
    """Chinese with pinyin in the middle of a word (`she保代缴`, `劳务paiqian`) as Chinese."""
    for match in _MIXED.finditer(text):
        before, after = _chinese_before(text, match.start()), _chinese_after(text, match.end())
        if not (before or after) or match.group() in known.kinds or not _PINYIN.match(match.group()):
            continue
        for left in range(min(4, len(before)), -1, -1):
            for right in range(min(4, len(after)), -1, -1):
                if not left and not right:
                    continue
                head, tail = before[len(before) - left :], after[:right]
                sound = _sound(head, known) + match.group() + _sound(tail, known)
                words = known.sounds.get(sound) or known.loose_sounds.get(loose(sound))
                fitting = [word for word in words or () if word.startswith(head) and word.endswith(tail)]
                if fitting:
                    return text[: match.start() - left] + known.best(fitting) + text[match.end() + right :]
    return text


def _sound(text: str, known: Dictionary) -> str:
    return "".join(map(known.sound, text))


def _chinese_before(text: str, at: int) -> str:
    start = at
    while start and tokens.is_cjk(text[start - 1]):
        start -= 1
    return text[start:at]


def _chinese_after(text: str, at: int) -> str:
    end = at
    while end < len(text) and tokens.is_cjk(text[end]):
        end += 1
    return text[at:end]


def mend_chinese(run: str, is_known: Sequence[bool], known: Dictionary, vocabulary: Vocabulary) -> str:
    """Replace parts that occur nowhere by the known word that sounds or looks the same, the longest first.

    `is_known` says for each character whether it belongs to a known word: a part to replace has one that does not.
    """
    if not any(is_known) and run in known.heads and not vocabulary.occurs(tokens.query_tokens(run)):
        return known.heads[run]
    for size in range(min(LONGEST_TYPO, len(run)), 1, -1):
        for at in range(len(run) - size + 1):
            part, seen = run[at : at + size], is_known[at : at + size]
            if all(seen) or (size == 2 and any(seen)) or part in known.kinds:
                continue
            for word in _candidates(part, seen, known):
                if _was_meant(run, at, word, known):
                    continue
                if not vocabulary.occurs(tokens.query_tokens(part)):
                    rest = mend_chinese(run[at + size :], is_known[at + size :], known, vocabulary)
                    return run[:at] + word + rest
                break
    return run


def _was_meant(run: str, at: int, word: str, known: Dictionary) -> bool:
    """Whether what stands there was meant as it is.

    A character to replace that makes an ordinary word with its neighbour was (返工 is no slip for 招工), and a short part that would
    cut an ordinary word in two is none (投资前 holds no 资遣), unless the word is as long as a phrase and sounds the same.
    """
    size = len(word)
    part = run[at : at + size]
    if (size >= 4 or part == run) and len(part) == size and _sound(part, known) == _sound(word, known):
        return False
    if size < 4 and (is_ordinary(run[at - 1 : at + 1]) or is_ordinary(run[at + size - 1 : at + size + 1])):
        return True
    changed = [at + n for n in range(min(size, len(part))) if part[n] != word[n]]
    if any(known.kinds.get(run[n]) == "stop" for n in changed):
        return True
    return any(is_ordinary(run[n - 1 : n + 1]) or is_ordinary(run[n : n + 2]) for n in changed)


def _candidates(part: str, seen: Sequence[bool], known: Dictionary) -> Iterator[str]:
    """The word meant, if any, by falling certainty: the same sound, nearly the same sound, the same look, one character off."""
    sound = _sound(part, known)
    tables = [(known.sounds, sound)] if len(part) == 2 else [(known.sounds, sound), (known.loose_sounds, loose(sound))]
    for table, key in tables:
        same = [
            word
            for word in table.get(key, ())
            if len(word) == len(part)
            and any(one == other for one, other in zip(word, part, strict=True))
            and (len(part) >= LEAST_STOP or known.kinds.get(word) != "stop")
        ]
        if same:
            yield known.best(same)
            return
    alike = lookalikes()
    for at, character in enumerate(part):
        for other in alike.get(character, ""):
            word = part[:at] + other + part[at + 1 :]
            if known.kinds.get(word) in ("word", "region"):
                yield word
                return
    if len(part) >= 4 and part[1:] not in known.kinds and part[:-1] not in known.kinds and not any(seen):
        for mask in [*masks_of(part)[: len(part)], part]:
            near = [word for word in known.masks.get(mask, ()) if known.kinds.get(word) == "word"]
            if near and not _is_sensible(part, mask, known):
                yield near[0]
                return


def _is_sensible(part: str, mask: str, known: Dictionary) -> bool:
    """Whether the character that would be replaced makes a known pair with a neighbour, so that it was surely meant."""
    at = mask.find(ANY)
    pairs = (part[at - 1 : at + 1], part[at : at + 2]) if at >= 0 else ()
    return any(len(pair) == 2 and known.is_pair(pair) for pair in pairs)
