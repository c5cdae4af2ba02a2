"""The readings of the word lists, made once by the indexer and stored beside the index, so that web processes need no pypinyin."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.search import pinyin

_VERSION = 1


@dataclass(frozen=True)
class Readings:
    """Full pinyin → words, initials → words, character → syllable."""

    words: dict[str, list[str]] = field(default_factory=dict)
    initials: dict[str, list[str]] = field(default_factory=dict)
    characters: dict[str, str] = field(default_factory=dict)


def file_name(words: Iterable[str]) -> str:
    """Name of the readings' file for these words: another list, another name."""
    told = json.dumps([_VERSION, sorted(set(words))], ensure_ascii=False).encode()
    return f"readings-{hashlib.sha256(told).hexdigest()[:16]}.json"


def write_readings(path: Path, words: Iterable[str]) -> None:
    """Work out the readings of the words and store them (needs pypinyin; the indexer calls this)."""
    by_sound: dict[str, list[str]] = {}
    by_initials: dict[str, list[str]] = {}
    for word in dict.fromkeys(words):
        if len(word) < 2 or word.isascii() or " " in word:
            continue
        read = pinyin.syllables(word)
        by_sound.setdefault("".join(read), []).append(word)
        by_initials.setdefault("".join(one[0] for one in read), []).append(word)
    characters = {character: pinyin.syllables(character)[0] for character in pinyin.common_characters()}
    part = path.with_name(path.name + ".part")
    told = {"words": by_sound, "initials": by_initials, "characters": characters}
    part.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    os.replace(part, path)


def read_readings(path: Path) -> Readings:
    """Load stored readings; ValueError or KeyError when the file is damaged."""
    told = json.loads(path.read_text(encoding="utf-8"))
    return Readings(told["words"], told["initials"], told["characters"])
