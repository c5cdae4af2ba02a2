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
    Document("agreement", lazy("平台服务协议"), _first("1ca7592cbb05dcfcf0f455b249cd139cb585f9f0278993df55a7d573dec22c83"), REQUIRED, "service"),
    Document("trading-rules", lazy("交易规则"), _first("b9ea1d666142e38e389a6345d99a5d994a5c6703aac665af1b5734e9f7cdba5a"), REQUIRED, "trade"),
    Document("privacy", lazy("个人信息处理规则"), (
        *_first("63f779f655cc89bfcbec33fb1fc659a678fba3795f645fd2529462fc6a61c527"),
        Version(2, date(2026, 11, 23), date(2026, 12, 1), lazy(
            "逐项列明处理的个人信息、目的与保存期限；写明查阅复制、更正、删除、撤回同意与注销账号的线上办理方式；写明平台不做个性化推荐。"
        ), "da1e49d23ad94234e00de8583960ae5bf33c8824f6ae8fb2eb24e6b18073b618"),
    ), REQUIRED, "personal_data"),
    Document("fees", lazy("收费标准"), _first("e6a3e504584ece3a3a307f4c3b7668d7e06e8daaa1b212bf5403ad6b0f0da8bc")),
    Document("ranking", lazy("搜索排序说明"), (
        *_first("7e4063435a3c8bc851bd4bf23ad309ddd18afbb1f377d7b0de6587d90c21680e"),
        Version(2, date(2026, 11, 26), date(2026, 12, 4), lazy(
            "写明没有关键词时“综合”排序所看的评价与成交；排序相同的服务每天轮换次序；写明广告的展示位置与条件。"
        ), "f79e26b2575e268788348b333661f27e4ceafc018a7b17dbeee4dc6bbe8f0d8c"),
    )),
    Document("credit-rules", lazy("信用评价规则"), _first("0b3633e51cb374739ec10c7b006143fb0a7e1e7e1026e7f55c3f39c3d4fd5f6e")),
    Document("dispute-rules", lazy("争议解决规则"), _first("3e083cd391ec3f874b4b9afc2da8ddf9756dd65a761bf148382932cfd9649392")),
    Document("violation-rules", lazy("违规处理规则"), _first("657d93e9b73d97d37ce5fefd968a6311dd9b2d67073b3dd7c779768c9fdfcb58")),
    Document("data-processing", lazy("个人信息委托处理协议模板"), _first("b27a4886bcf728363b5f5e47a95e0777266f57b1d80304d4c228ac4b4f860ec3")),
    Document("accessibility", lazy("无障碍声明"), _first("53712c94cf2dd42be356153cf64585b40ad01063f35f6bf5bfb1546f7375023c")),
    Document("park-news", lazy("园区政策与活动通知（可选）"), _first("9291ef607ce5a1db0dcb340509329e2594665c5a88bccb67bb9e3751cf21213d"), OPTIONAL, "news"),
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
