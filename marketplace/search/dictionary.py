"""All known words as tables, made once per set of lists, places and readings: what a word is, how it sounds, what it is mistaken for."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from functools import cache

from marketplace.search import tokens
from marketplace.search.readings import Readings
from marketplace.search.wordlists import Guard, WordLists, clean

Places = Mapping[str, str | tuple[str, ...]]
"""Words of places with the code they name, or the codes where they name several."""

LONGEST_TYPO = 8
_WILD = 4
_LATIN = re.compile("[!-~]")
ANY = "?"
_MOST_SCANNED = 200
_LEAST_LIKELY = 0.15


@cache
def _ordinary() -> dict[str, str]:
    """First characters of ordinary words of two characters with the second ones."""
    return {line[0]: line[1:] for line in tokens.read_table("ordinary.txt")}


def is_ordinary(pair: str) -> bool:
    """Whether two characters are an ordinary Chinese word, so that neither is likely a slip."""
    return pair[1:] in _ordinary().get(pair[:1], "") if len(pair) == 2 else False


@cache
def lookalikes() -> dict[str, str]:
    """Each character with those it is taken for by eye."""
    table: dict[str, str] = {}
    for line in tokens.read_table("lookalikes.txt"):
        for character in line:
            table[character] = table.get(character, "") + line.replace(character, "")
    return table


def loose(sound: str) -> str:
    """Pinyin as it is confused in speech: zh/z, ch/c, sh/s, -ng/-n, l/n."""
    sound = sound.replace("zh", "z").replace("ch", "c").replace("sh", "s").replace("ng", "n")
    return sound.replace("l", "n").replace("v", "u")


class Dictionary:
    """Word lists, a caller's places and the readings as one table of known words. Immutable once made."""

    def __init__(self, lists: WordLists, regions: Places, readings: Readings | None = None) -> None:
        """`regions` maps words of places (any script) to codes; without readings nothing is heard, only seen."""
        self.lists = lists
        self.readings = readings or Readings()
        self.guard = Guard(lists.forbidden)
        self.places = {
            clean(word): (codes,) if isinstance(codes, str) else codes for word, codes in regions.items() if word
        }
        known = dict.fromkeys((*lists.topics, *lists.synonyms), "word")
        self.kinds: dict[str, str] = dict.fromkeys(lists.stop_phrases, "stop") | dict.fromkeys(lists.weak, "weak")
        self.kinds |= dict.fromkeys(self.places, "region") | known
        self.kinds.pop("", None)
        self.sizes = self._sizes()
        self.sounds: dict[str, list[str]] = {}
        self.loose_sounds: dict[str, list[str]] = {}
        self.masks: dict[str, list[str]] = {}
        self.latin = [word for word, kind in self.kinds.items() if kind == "word" and word.isascii() and len(word) > 4]
        self._hear()
        self._keys = self._offer_keys()
        self.heads = self._heads()
        self._features = self._topic_features()
        self.heard = [
            sound
            for sound, words in self.sounds.items()
            if len(sound) > 5 and any(word in self.kinds for word in words)
        ]

    def _sizes(self) -> dict[str, tuple[int, ...]]:
        """For each first character the lengths of the known words that begin with it, longest first."""
        found: dict[str, set[int]] = {}
        for word in self.kinds:
            found.setdefault(word[0], set()).add(len(word))
        return {first: tuple(sorted(sizes, reverse=True)) for first, sizes in found.items()}

    def _hear(self) -> None:
        written = {word: sound for sound, words in self.readings.words.items() for word in words}
        single = self.readings.characters
        for word in self._audible():
            sound = written.get(word) or "".join([one if one < "\x80" else single.get(one, ANY) for one in word])
            if ANY not in sound:
                self.sounds.setdefault(sound, []).append(word)
                self.loose_sounds.setdefault(loose(sound), []).append(word)
            if len(word) >= _WILD and not _LATIN.search(word):
                for mask in masks_of(word):
                    self.masks.setdefault(mask, []).append(word)
        for word in self.places:
            if word.isascii() and word.isalpha() and len(word) > 3:
                self.sounds[word] = [word]
                self.loose_sounds.setdefault(loose(word), []).insert(0, word)

    def _audible(self) -> Iterable[str]:
        """The words of two characters or more that have Chinese in them and no space, the more important ones first."""
        words = dict.fromkeys((*self.lists.words, *self.places))
        return (word for word in words if len(word) > 1 and not word.isascii() and " " not in word)

    def sound(self, character: str) -> str:
        """The reading of one character; the character itself where nobody knows it."""
        return self.readings.characters.get(character, character)

    def best(self, words: Iterable[str]) -> str:
        """Of words that sound alike the one that stands for a need, else the first."""
        several = list(words)
        return next((word for word in several if self.kinds.get(word) == "word"), several[0])

    def _heads(self) -> dict[str, str]:
        """Shortened words: the first characters of each pair (劳派 for 劳务派遣, 社代 for 社保代理)."""
        found: dict[str, str] = {}
        for word in self.lists.topics:
            if len(word) in (4, 6) and not _LATIN.search(word):
                found.setdefault(word[::2], word)
        return found

    def _topic_features(self) -> dict[str, dict[str, float]]:
        """For each token of the words of topics, how much it speaks for each topic: less, the more topics have it."""
        having: dict[str, dict[str, int]] = {}
        for word, codes in self.lists.topics.items():
            for token in _pairs(word):
                counts = having.setdefault(token, {})
                for code in codes:
                    counts[code] = counts.get(code, 0) + 1
        return {
            token: {code: count / sum(counts.values()) / len(counts) ** 0.5 for code, count in counts.items()}
            for token, counts in having.items()
            if len(token) > 1
        }

    def is_pair(self, pair: str) -> bool:
        """Whether two characters stand together in some known word."""
        return pair in self._features

    def guess(self, text_tokens: Iterable[str]) -> list[str]:
        """The topics that unknown words most resemble, at most three, by the parts they share with known words."""
        sums: dict[str, float] = {}
        for token in text_tokens:
            for code, weight in self._features.get(token, {}).items():
                sums[code] = sums.get(code, 0.0) + weight
        best = max(sums.values(), default=0.0)
        likely = [code for code, weight in sums.items() if weight >= max(_LEAST_LIKELY, best * 0.5)]
        return sorted(likely, key=lambda code: -sums[code])[:3]

    def _offer_keys(self) -> list[tuple[str, str]]:
        """What a word may be begun as while it is typed: as it is written and as it sounds; sorted."""
        needs = [
            word for word, kind in self.kinds.items() if kind == "word" and len(word) > 1 and word in self.lists.topics
        ]
        wanted = set(needs)
        sounds = ((sound, word) for sound, words in self.sounds.items() for word in words if word in wanted)
        return sorted({*((word.replace(" ", ""), word) for word in needs), *sounds})

    def offers(self, typed: str, limit: int) -> list[str]:
        """Words for a need that begin with what was typed (squeezed), the shortest first."""
        found: list[str] = []
        for key, word in self._keys[bisect_left(self._keys, (typed, "")) :][:_MOST_SCANNED]:
            if not key.startswith(typed):
                break
            found.append(word)
        return sorted(dict.fromkeys(found), key=lambda word: (len(word), word))[:limit]

    def topics(self, word: str) -> tuple[str, ...]:
        """The topics of a word, else those of the words with the same meaning."""
        own = self.lists.topics.get(word)
        if own is not None:
            return own
        others = (self.lists.topics.get(other, ()) for other in self.lists.synonyms.get(word, ()))
        return tuple(dict.fromkeys(code for codes in others for code in codes))


def _pairs(word: str) -> Iterable[str]:
    """The tokens of a word in normal form: a short cut for words of Chinese characters alone."""
    if word.isascii() or len(word) < 2 or not word.isalnum() or _LATIN.search(word):
        return tokens.query_tokens(word)
    return dict.fromkeys(word[at : at + 2] for at in range(len(word) - 1))


def masks_of(word: str) -> list[str]:
    """The word with each of its characters left open in turn, and with each left out."""
    open_ones = [f"{word[:at]}{ANY}{word[at + 1 :]}" for at in range(len(word))]
    return open_ones + [word[:at] + word[at + 1 :] for at in range(1, len(word) - 1)]
