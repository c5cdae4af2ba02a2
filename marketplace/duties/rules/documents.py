"""The platform's rules and notices with all their versions, as data; their texts are `templates/legal/<code>/<number>.html`.

To change a document: add the next file, add a `Version` below with at least seven days between `published_on` and `effective_on`
(电子商务法 34) and the digest that the failing test names. A file that has been published is never edited, and all versions stay to be read
(网络交易监督管理办法; 收费 rules for three years).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from marketplace.core.i18n import lazy

NOTICE_DAYS = 7
REQUIRED, OPTIONAL = "required", "optional"


@dataclass(frozen=True, slots=True)
class Version:
    """One version: when it was published and takes effect, what changed, the SHA-256 of its download, and whether people are asked again."""

    number: int
    published_on: date
    effective_on: date
    summary: Any
    sha256: str
    asks_again: bool = True


@dataclass(frozen=True, slots=True)
class Document:
    """One rule or notice. `consent` says whether people are asked for theirs; `scope` is what the consent covers, for the log."""

    code: str
    title: Any
    versions: tuple[Version, ...]
    consent: str = ""
    scope: str = ""

    def version(self, number: int) -> Version | None:
        return next((v for v in self.versions if v.number == number), None)

    def published(self, day: date) -> tuple[Version, ...]:
        """What may be read on a day, oldest first; what is not yet in force among it."""
        return tuple(v for v in self.versions if v.published_on <= day)

    def in_force(self, day: date) -> Version | None:
        """The version that counts on a day."""
        return next((v for v in reversed(self.published(day)) if v.effective_on <= day), None)

    def ends_on(self, version: Version) -> date | None:
        """The day on which the next version takes its place."""
        following = self.version(version.number + 1)
        return following.effective_on if following else None


_OPENING = (date(2026, 10, 20), date(2026, 11, 1))
_FIRST = lazy("首次发布")


def _first(sha256: str) -> tuple[Version, ...]:
    return (Version(1, *_OPENING, _FIRST, sha256),)


DOCUMENTS: tuple[Document, ...] = (
    Document("agreement", lazy("平台服务协议"), _first("?"), REQUIRED, "service"),
    Document("trading-rules", lazy("交易规则"), _first("?"), REQUIRED, "trade"),
    Document("privacy", lazy("个人信息处理规则"), (
        *_first("?"),
        Version(2, date(2026, 11, 23), date(2026, 12, 1), lazy(
            "逐项列明处理的个人信息、目的与保存期限；写明查阅复制、更正、删除、撤回同意与注销账号的线上办理方式；写明平台不做个性化推荐。处理的信息种类没有增加。"
        ), "?"),
    ), REQUIRED, "personal_data"),
    Document("fees", lazy("收费标准"), _first("?")),
    Document("ranking", lazy("搜索排序说明"), _first("?")),
    Document("credit-rules", lazy("信用评价规则"), _first("?")),
    Document("dispute-rules", lazy("争议解决规则"), _first("?")),
    Document("violation-rules", lazy("违规处理规则"), _first("?")),
    Document("data-processing", lazy("个人信息委托处理协议模板"), _first("?")),
    Document("accessibility", lazy("无障碍声明"), _first("?")),
    Document("park-news", lazy("园区政策与活动通知（可选）"), _first("?"), OPTIONAL, "news"),
)  # fmt: skip
_BY_CODE = {document.code: document for document in DOCUMENTS}


def find_document(code: str) -> Document | None:
    return _BY_CODE.get(code)


def listed() -> dict[str, Any]:
    """Code and title of every document, in the order of the contents page."""
    return {document.code: document.title for document in DOCUMENTS}


@lru_cache(maxsize=8)
def needed(day: date) -> Mapping[str, int]:
    """For each document that needs everybody's consent, the oldest version whose consent still holds on a day.

    A version in force that asks nobody again leaves an earlier consent standing.
    """
    found = {}
    for document in DOCUMENTS:
        current = document.in_force(day)
        if document.consent == REQUIRED and current is not None:
            asking = [v.number for v in document.versions if v.number <= current.number and v.asks_again]
            found[document.code] = max(asking, default=current.number)
    return found


def missing(agreed: Mapping[str, int], day: date) -> list[Document]:
    """The documents to which a person who has agreed to these versions must still say yes on a day."""
    return [_BY_CODE[code] for code, number in needed(day).items() if agreed.get(code, 0) < number]


def upcoming(day: date) -> list[tuple[Document, Version]]:
    """New versions that are published and not yet in force: what the law wants announced. A document's first version is none."""
    return [
        (document, version)
        for document in DOCUMENTS
        for version in document.published(day)
        if version.effective_on > day and version.number > 1
    ]


def wrong(document: Document) -> list[str]:
    """What is wrong with a document's versions: numbers that skip, too short a notice, an order that goes back."""
    complaints = []
    for place, version in enumerate(document.versions, 1):
        where = f"{document.code} {version.number}"
        if version.number != place:
            complaints.append(f"{where}: number {place} expected")
        if version.effective_on < version.published_on + timedelta(days=NOTICE_DAYS):
            complaints.append(f"{where}: less than {NOTICE_DAYS} days between publication and effect")
        if place > 1 and version.effective_on <= document.versions[place - 2].effective_on:
            complaints.append(f"{where}: takes effect before the version it replaces")
    return complaints
