"""Changing the word lists in the browser. Every change is a new row; it is in force in all processes within a second."""

from dataclasses import replace

from marketplace.core import audit
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db, on_commit
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.i18n import lazy
from marketplace.search import wordbook
from marketplace.search.access import can_change_search_words
from marketplace.search.models import SearchWord
from marketplace.search.suggest import compact
from marketplace.search.wordbook import KINDS, Entry

MOST_WORDS = 60
LONGEST_WORD = 40


def save_search_words(*, actor: Actor, entry: Entry, known_number: int, is_new: bool = False) -> Entry:
    """Write a new state of an entry: synonyms, words of a category, a stop phrase or a compliance notice.

    Refused where 派遣 and 外包 would become synonyms (they differ in law: 劳动合同法 57, 人力资源市场暂行条例 30), where the entry has
    changed since it was shown (`known_number`), and where a new one would replace another of the same first word.
    """
    require(can_change_search_words(actor))
    _check(entry)
    present = wordbook.entries().get((entry.kind, entry.key))
    if is_new and present is not None and not present.is_retired:
        raise Invalid(
            "search_word.exists", lazy("已有以“%(key)s”开头的词条，请直接修改它", key=entry.key), field="words"
        )
    return _write(actor, entry, present, known_number if not is_new else (present.number if present else 0))


def retire_search_words(*, actor: Actor, kind: str, key: str, known_number: int, is_retired: bool = True) -> Entry:
    """Put an entry, also one of the files, out of force, or with `is_retired` off back into it."""
    require(can_change_search_words(actor))
    present = wordbook.entries().get((kind, key))
    if present is None:
        raise NotFound("search_word.missing", lazy("没有这个词条"))
    return _write(actor, replace(present, is_retired=is_retired), present, known_number)


def _write(actor: Actor, entry: Entry, present: Entry | None, known_number: int) -> Entry:
    number = present.number if present else 0
    if number != known_number:
        raise Conflict("search_word.changed", lazy("该词条刚被他人修改，请刷新后重试"))
    row = SearchWord(
        kind=entry.kind, key=entry.key, number=known_number + 1, words=";".join(entry.words), target=entry.target,
        name_zh=entry.name_zh, name_en=entry.name_en, is_blocking=entry.is_blocking, is_retired=entry.is_retired, note=entry.note,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    audit.record("search_word.changed", "search_word", row.id, actor=actor, **wordbook.describe(entry))
    on_commit(wordbook.current().expire)
    return wordbook.entry_of(row)


def _check(entry: Entry) -> None:
    """What the words of an entry must be like."""
    if entry.kind not in KINDS:
        raise Invalid("search_word.kind", lazy("没有这种词条"), field="kind")
    least = 2 if entry.kind == "synonym" else 1
    if len(entry.words) < least:
        raise Invalid(
            "search_word.few", lazy("同义词组至少要有两个词") if least == 2 else lazy("请至少填写一个词"), field="words"
        )
    if len(entry.words) > (MOST_WORDS if entry.kind != "stop" else 1):
        text = lazy("停用词每条只填一个") if entry.kind == "stop" else lazy("每组最多 %(n)s 个词", n=MOST_WORDS)
        raise Invalid("search_word.many", text, field="words")
    for word in entry.words:
        if not compact(word) or len(word) > LONGEST_WORD:
            raise Invalid(
                "search_word.word",
                lazy("“%(word)s”不是可用的词，每个词 1 至 %(n)s 个字", word=word[:20], n=LONGEST_WORD),
                field="words",
            )
    together = " ".join(entry.words)
    if entry.kind == "synonym" and "派遣" in together and "外包" in together:
        raise Invalid("search_word.dispatch", lazy("派遣与外包在法律上不同，不能设为同义词"), field="words")
    if entry.kind == "topic" and not entry.target:
        raise Invalid("search_word.target", lazy("请选择类目"), field="target")
    if entry.kind == "forbidden" and not entry.name_zh:
        raise Invalid("search_word.notice", lazy("请填写合规提示"), field="name_zh")
