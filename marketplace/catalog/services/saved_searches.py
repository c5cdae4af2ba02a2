"""Keeping searches, and telling people once a day what is new in them."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import undefer

from marketplace.accounts.models import User
from marketplace.catalog.access import can_keep_saved_search
from marketplace.catalog.models import SavedSearch, SavedSearchDigest
from marketplace.catalog.queries.saved_searches import count_saved_searches, find_saved_search, matching_ids
from marketplace.catalog.rules.address import query_of
from marketplace.catalog.rules.saving import LONGEST_NAME, LONGEST_QUERY, read_saved
from marketplace.core import audit, clock, settings
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.notifications.services import notify as send_notice
from marketplace.search.engine import SearchUnavailable


class Found(NamedTuple):
    """What a watched search found, and the state of its row at that moment; no ids where it found too many."""

    version: int
    ids: list[int] | None


def save_search(*, actor: Actor, query: str, name: str, notify: bool) -> SavedSearch:
    """A person keeps a search under a name; what it finds now counts as known. Saving the same search again gives the one that is there.

    Refused: a search without words or conditions, more than the person may keep, notices for a search that finds more than the setting.
    """
    require(can_keep_saved_search(actor))
    assert actor.user_id is not None
    canonical = query_of(read_saved(query), whole=False)
    if not canonical:
        raise Invalid("saved_search.empty", lazy("请先输入关键词或选择筛选条件，再保存搜索"))
    if len(canonical) > LONGEST_QUERY:
        raise Invalid("saved_search.long", lazy("筛选条件过多，无法保存，请减少条件"))
    db.session.execute(select(User.id).where(User.id == actor.user_id).with_for_update())
    there = find_saved_search(actor=actor, query=canonical)
    if there is not None:
        return there
    most = settings.get("catalog.saved_searches")
    if count_saved_searches(actor.user_id) >= most:
        raise Invalid("saved_search.many", lazy("最多保存 %(n)s 条搜索，请先删除不再需要的"), n=most)
    saved = SavedSearch(user_id=actor.user_id, query=canonical, name=_named(name), notify=notify, known=[], fresh=[])
    if notify:
        saved.known = _now_found(canonical)
    db.session.add(saved)
    db.session.flush()
    audit.record("saved_search.created", "saved_search", saved.id, actor=actor)
    return saved


def _named(name: str) -> str:
    plain = " ".join(name.split())
    if not plain:
        raise Invalid("saved_search.name", lazy("请填写名称"), field="name")
    if len(plain) > LONGEST_NAME:
        raise Invalid("saved_search.name_long", lazy("名称最多 %(n)s 个字"), field="name", n=LONGEST_NAME)
    return plain


def _now_found(query: str) -> list[int]:
    """What a search finds at the moment when its notices begin."""
    try:
        ids = matching_ids(query)
    except SearchUnavailable as error:
        raise Conflict("saved_search.no_index", lazy("检索服务正在准备，请稍后再试")) from error
    if ids is None:
        most = settings.get("catalog.saved_search_matches")
        raise Invalid(
            "saved_search.broad", lazy("该搜索匹配超过 %(n)s 项服务，请缩小范围，或不开启提醒"), field="notify", n=most
        )
    return ids


def _locked(saved: SavedSearch) -> SavedSearch:
    db.session.refresh(saved, with_for_update=True)
    saved.version += 1
    return saved


def edit_saved_search(*, actor: Actor, saved: SavedSearch, name: str, notify: bool) -> SavedSearch:
    """Another name, notices on or off. Turned on, what the search finds now counts as known; turned off, what is new is forgotten."""
    require(can_keep_saved_search(actor, saved))
    given = _named(name)
    _locked(saved)
    if notify and not saved.notify:
        saved.known = _now_found(saved.query)
        saved.is_too_broad = False
    if notify != saved.notify:
        _clear(saved)
    saved.name, saved.notify = given, notify
    audit.record("saved_search.changed", "saved_search", saved.id, actor=actor, notify=notify)
    return saved


def look_at_saved_search(*, actor: Actor, saved: SavedSearch) -> SavedSearch:
    """The person has seen what is new."""
    require(can_keep_saved_search(actor, saved))
    _clear(_locked(saved))
    saved.seen_at = clock.now()
    return saved


def _clear(saved: SavedSearch) -> None:
    saved.fresh, saved.fresh_count, saved.told_count = [], 0, 0


def delete_saved_search(*, actor: Actor, saved: SavedSearch) -> None:
    """The person keeps it no longer."""
    require(can_keep_saved_search(actor, saved))
    audit.record("saved_search.deleted", "saved_search", saved.id, actor=actor)
    db.session.delete(saved)


@step
def record_matches(*, user_id: int, found: Mapping[int, Found]) -> int:
    """Note what a person's watched searches found, and send one digest of what is new, at most once a day; returns how many are in it.

    A service is new once, however it came to match: published, edited, its licence renewed; one that left and came back is not new.
    A row that somebody changed since it was read is left for the next run. Two workers at the same moment: the second waits for
    the rows, finds their versions changed and writes nothing.
    """
    rows = db.session.scalars(
        select(SavedSearch).where(SavedSearch.id.in_(found), SavedSearch.user_id == user_id).order_by(SavedSearch.id)
        .options(undefer(SavedSearch.known)).with_for_update().execution_options(populate_existing=True)
    ).all()  # fmt: skip
    kept = [row for row in rows if row.version == found[row.id].version and row.notify]
    for row in kept:
        _note(row, found[row.id].ids)
    news = [row for row in kept if row.fresh_count > row.told_count]
    if not news or _told_today(user_id):
        return 0
    counts = [(row.name, row.fresh_count - row.told_count) for row in news]
    for row in news:
        row.told_count = row.fresh_count
    total = sum(count for _name, count in counts)
    send_notice(
        event="saved_search.matched", user_id=user_id, url="/account/saved-searches/",
        params={"total": total, "searches": [{"name": name, "count": count} for name, count in counts]},
    )  # fmt: skip
    return total


def _note(row: SavedSearch, ids: list[int] | None) -> None:
    row.checked_at = clock.now()
    row.version += 1
    if ids is None:
        row.is_too_broad = True
        return
    before = set(row.known)
    new = sorted(one for one in ids if one not in before)
    if new:
        row.known = [*row.known, *new]
    if new and not row.is_too_broad:
        row.fresh = [*row.fresh, *new]
        row.fresh_count = len(row.fresh)
    row.is_too_broad = False


def _told_today(user_id: int) -> bool:
    """Whether today's digest has gone; if not, it goes now. The primary key decides between two that ask at the same moment."""
    day = clock.today()
    if db.session.get(SavedSearchDigest, (user_id, day)) is not None:
        return True
    db.session.execute(
        delete(SavedSearchDigest)
        .where(SavedSearchDigest.user_id == user_id)
        .execution_options(synchronize_session=False)
    )
    db.session.add(SavedSearchDigest(user_id=user_id, day=day))
    db.session.flush()
    return False
