"""Rules with versions: what counts on which day, what may not change, what a reader sees of it."""

from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.i18n import lazy
from marketplace.duties.rules.documents import (
    DOCUMENTS,
    REQUIRED,
    Document,
    Version,
    find_document,
    missing,
    needed,
    upcoming,
    wrong,
)
from marketplace.duties.rules.texts import compare_texts, plain_text
from marketplace.pages.legal_text import digest_of, download_of

EVERY = [(document, version) for document in DOCUMENTS for version in document.versions]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.code)
def test_every_new_version_is_published_seven_days_before_it_takes_effect(document: Document) -> None:
    assert wrong(document) == []


def test_a_version_that_comes_too_soon_or_out_of_order_is_seen() -> None:
    first = Version(1, date(2026, 1, 1), date(2026, 1, 8), lazy("首次发布"), "")
    soon = Version(3, date(2026, 1, 2), date(2026, 1, 8), lazy("首次发布"), "")
    assert len(wrong(Document("x", "x", (first, soon)))) == 3
    assert wrong(Document("x", "x", (first,))) == []


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(("document", "version"), EVERY, ids=lambda x: getattr(x, "code", None) or str(x.number))
def test_a_published_text_never_changes(app: Any, document: Document, version: Version) -> None:
    assert digest_of(document, version) == version.sha256, (
        f"{document.code} {version.number}: add a version instead of editing one"
    )


def test_a_version_counts_from_its_day_on() -> None:
    privacy = find_document("privacy")
    assert privacy is not None
    assert privacy.in_force(date(2026, 10, 31)) is None
    assert [privacy.in_force(day).number for day in (date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1))] == [
        1,
        1,
        2,
    ]  # type: ignore[union-attr]
    assert [v.number for v in privacy.published(date(2026, 11, 22))] == [1]


def test_people_are_asked_again_only_when_the_newer_version_counts() -> None:
    agreed = {"agreement": 1, "trading-rules": 1, "privacy": 1}
    assert missing(agreed, date(2026, 11, 30)) == []
    assert [d.code for d in missing(agreed, date(2026, 12, 1))] == ["privacy"]
    assert [d.code for d in missing({}, date(2026, 11, 30))] == ["agreement", "trading-rules", "privacy"]
    assert all(find_document(code).consent == REQUIRED for code in needed(date(2026, 12, 1)))  # type: ignore[union-attr]


def test_a_version_is_announced_from_publication_until_it_counts() -> None:
    assert [d.code for d, _ in upcoming(date(2026, 11, 22))] == []
    assert [d.code for d, _ in upcoming(date(2026, 11, 23))] == ["privacy"]
    assert [d.code for d, _ in upcoming(date(2026, 11, 26))] == ["privacy", "ranking"]
    assert [d.code for d, _ in upcoming(date(2026, 12, 4))] == []


@given(old=st.text(alphabet="甲乙丙。；\n", max_size=60), new=st.text(alphabet="甲乙丁。；\n", max_size=60))
def test_a_comparison_holds_both_texts_whole(old: str, new: str) -> None:
    def words(text: str) -> str:
        return text.replace("\n", "")

    parts = list(compare_texts(old, new))
    assert words("".join(text for op, text in parts if op != "new")) == words(old)
    assert words("".join(text for op, text in parts if op != "gone")) == words(new)


def test_a_page_becomes_text_with_a_line_for_each_paragraph_item_and_row() -> None:
    html = "<h2>标题</h2><p>甲  乙</p><ul><li>一</li><li>二</li></ul><table><tr><th>A</th><th>B</th></tr></table>"
    assert plain_text(html) == "标题\n甲 乙\n- 一\n- 二\nA | B\n"


def test_the_rules_can_be_read_compared_and_downloaded_in_every_version(app: Any, client: Any, clock: Any) -> None:
    clock.set("2026-11-27")
    contents = client.get("/legal/").text
    assert all(str(d.title) in contents for d in DOCUMENTS)
    assert "2026-12-01 起施行第 2 版" in contents
    page = client.get("/legal/privacy").text
    assert "第 1 版" in page and "将于 2026-12-01 起施行第 2 版" in page and "附表：保存期限" in page
    assert "尚未施行" in client.get("/legal/privacy/2").text
    history = BeautifulSoup(client.get("/legal/privacy/history").text, "html.parser")
    assert [a.get_text(strip=True) for a in history.select("main a.fw-semibold")] == ["第 2 版", "第 1 版"]
    changes = BeautifulSoup(client.get("/legal/privacy/compare?from=1&to=2").text, "html.parser")
    assert "注销账号" in changes.select_one(".legal-diff ins").get_text() + changes.get_text()
    assert changes.select(".legal-diff del")
    for document, version in EVERY:
        answer = client.get(f"/legal/{document.code}/{version.number}/download")
        assert answer.text == download_of(document, version)
        assert "attachment" in answer.headers["Content-Disposition"]


def test_what_is_not_yet_published_does_not_exist(app: Any, client: Any, clock: Any) -> None:
    clock.set("2026-11-10")
    assert client.get("/legal/privacy/2").status_code == 404
    assert client.get("/legal/privacy/2/download").status_code == 404
    assert client.get("/legal/privacy/compare?to=2").status_code == 404
    assert client.get("/legal/nothing").status_code == 404
    assert "查看变化" not in client.get("/").text


def test_an_announced_change_stands_on_every_page(app: Any, client: Any, clock: Any) -> None:
    assert "个人信息处理规则将于 2026-12-01 更新" in client.get("/services/").text
    clock.set("2026-12-04")
    assert "更新" not in client.get("/services/").text.split("<header")[0]


def test_the_fee_table_shows_every_rate_with_its_day(app: Any, client: Any, clock: Any) -> None:
    from marketplace.core.actor import CLI
    from marketplace.core.db import transaction
    from marketplace.core.settings import change_setting

    with transaction():
        change_setting(
            actor=CLI, key="orders.commission_bps", value=250, effective_on=date(2027, 1, 1), reason="降低费率"
        )
    page = client.get("/legal/fees").text
    assert "3%" in page and "2.5%" in page and "2027-01-01" in page and "降低费率" in page
