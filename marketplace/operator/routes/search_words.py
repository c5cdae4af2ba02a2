"""What people search for and what the words mean: queries without results, the word lists, and a place to try a query out."""

import io
import re
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.catalog.forms import whole
from marketplace.catalog.queries import Card, list_cards, understood_labels
from marketplace.catalog.queries.understood import narrow
from marketplace.catalog.rules.taxonomy import categories, find_category
from marketplace.core import clock, regions
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _, lazy, local_name
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.operator.forms import RetireWordsForm, SearchWordsForm
from marketplace.operator.routes import bp
from marketplace.search import engine, queries, querylog, services, wordbook
from marketplace.search.access import can_change_search_words, can_read_search_words
from marketplace.search.understanding import Understanding
from marketplace.search.wordbook import KINDS, Entry
from marketplace.search.wordlists import WordLists, split_words

READERS = ("operator", "service")
STATES = {"active": lazy("生效"), "retired": lazy("已停用"), "all": lazy("全部")}
PIECES: dict[str, Any] = {
    "word": lazy("已知词"), "region": lazy("地点"), "weak": lazy("辅助词"), "stop": lazy("忽略"), "plain": lazy("普通文字"),
}  # fmt: skip
COLUMNS = [
    Column("text", "搜索词"), Column("count", "次数", "int"), Column("zero", "无结果", "int"), Column("corrected", "自动纠正", "int"),
    Column("relaxed", "部分匹配", "int"), Column("blocked", "合规拦截", "int"), Column("last_at", "最近一次"),
]  # fmt: skip
WORD_COLUMNS = [
    Column("kind", "类型"), Column("words", "词语", "list"), Column("target", "类目", required=False), Column("notice", "合规提示", required=False),
    Column("state", "状态"), Column("source", "来源"), Column("changed_at", "修改时间", required=False), Column("note", "修改说明", required=False),
]  # fmt: skip
SHOWN_RESULTS = 5


def _asked() -> dict[str, Any]:
    args = request.args
    shown, days = args.get("shown", "zero"), args.get("days", 30, int)
    return {
        "shown": shown if shown in queries.SHOWN else "zero", "days": days if days in queries.PERIODS else 30,
        "q": args.get("q", "").strip()[:60],
    }  # fmt: skip


@bp.get("/operator/search/")
@roles(*READERS)
def list_search_queries() -> str:
    """What was searched for in a period: without results first, since each of these is a buyer who went away."""
    actor = current_actor()
    require(can_read_search_words(actor))
    filters = _asked()
    page = queries.list_search_queries(
        **filters, page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    return render_template(
        "operator/search_queries.html", page=page, filters=filters, shown=queries.SHOWN, periods=queries.PERIODS,
        sums=queries.count_queries(filters["days"]), may_change=can_change_search_words(actor),
    )  # fmt: skip


@bp.get("/operator/search/export")
@roles(*READERS)
def export_search_queries() -> Response:
    """The list under the present filters, as a file."""
    require(can_read_search_words(current_actor()))
    rows = [
        {
            "text": one.text, "count": int(one.count), "zero": int(one.zero_count), "corrected": int(one.corrected_count),
            "relaxed": int(one.relaxed_count), "blocked": int(one.blocked_count), "last_at": _moment(one.last_at),
        }
        for one in queries.each_search_query(**_asked())
    ]  # fmt: skip
    return _file(COLUMNS, rows, "search-queries")


def _moment(value: Any) -> str | None:
    return clock.local(value).strftime("%Y-%m-%d %H:%M") if value else None


def _file(columns: list[Column], rows: Any, name: str) -> Response:
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    stream = io.BytesIO(table_bytes(kind, columns, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"{name}-{clock.today()}.{kind}"
    )


def _wanted() -> dict[str, Any]:
    args = request.args
    kind, state = args.get("kind", ""), args.get("state", "active")
    return {
        "kind": kind if kind in KINDS else "", "state": state if state in STATES else "active", "q": args.get("q", "").strip()[:60],
        "own": args.get("own") == "1",
    }  # fmt: skip


@bp.get("/operator/search/words")
@roles(*READERS)
def list_search_words() -> str:
    """The entries in force: what was changed here first, then the files'."""
    actor = current_actor()
    require(can_read_search_words(actor))
    filters = _wanted()
    page = queries.list_search_words(
        **filters, page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    return render_template(
        "operator/search_words.html", page=page, filters=filters, kinds=KINDS, states=STATES, category=find_category,
        may_change=can_change_search_words(actor), retire=RetireWordsForm(formdata=None), notice=local_name,
        params={name: "1" if value is True else value for name, value in filters.items() if value},
    )  # fmt: skip


@bp.get("/operator/search/words/export")
@roles(*READERS)
def export_search_words() -> Response:
    """The entries under the present filters, as a file."""
    require(can_read_search_words(current_actor()))
    rows = [
        {
            "kind": str(KINDS[one.kind]), "words": list(one.words), "target": one.target or None, "notice": one.name_zh or None,
            "state": str(STATES["retired" if one.is_retired else "active"]), "source": _("内置") if one.is_seed else _("运营修改"),
            "changed_at": _moment(one.changed_at), "note": one.note or None,
        }
        for one in queries.find_search_words(**_wanted())
    ]  # fmt: skip
    return _file(WORD_COLUMNS, rows, "search-words")


def _form(**given: Any) -> SearchWordsForm:
    form = SearchWordsForm(**given)
    form.kind.choices = list(KINDS.items())
    form.target.choices = [("", "—"), *((one.code, f"{one.code} {one.label}") for one in categories().values())]
    return form


def _split(text: str) -> tuple[str, ...]:
    return tuple(split_words(re.sub(r"[\r\n]+", ";", text)))


def _entry(form: SearchWordsForm, key: str = "") -> Entry:
    """The entry that a form describes; what does not belong to its kind is left out."""
    kind = form.kind.data or ""
    words = _split(form.words.data or "")
    if kind == "forbidden":
        words = tuple(
            dict.fromkeys(part.strip() for part in re.split(r"[;；\r\n]+", form.words.data or "") if part.strip())
        )
    is_notice = kind == "forbidden"
    return Entry(
        kind, key or (wordbook.key_for(kind, words) if words else ""), words, (form.target.data or "") if kind == "topic" else "",
        (form.name_zh.data or "").strip() if is_notice else "", (form.name_en.data or "").strip() if is_notice else "",
        bool(form.is_blocking.data) if is_notice else False, note=(form.note.data or "").strip(),
    )  # fmt: skip


@bp.route("/operator/search/words/new", methods=["GET", "POST"])
@roles("operator")
def new_search_words() -> Any:
    """A new entry; the list of queries leads here with the text filled in."""
    require(can_change_search_words(current_actor()))
    form = _form()
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _save(form, "", is_new=True)))
        except ServiceError as error:
            form.add_service_error(error)
    elif request.method == "GET":
        kind = request.args.get("kind", "synonym")
        form.kind.data = kind if kind in KINDS else "synonym"
        form.words.data = request.args.get("words", "")[:200]
    page = render_template("operator/search_words_edit.html", form=form, entry=None, history=[], kinds=KINDS)
    return page, 422 if form.is_submitted() else 200


def _save(form: SearchWordsForm, key: str, is_new: bool) -> str:
    services.save_search_words(
        actor=current_actor(), entry=_entry(form, key), known_number=whole(form.known_number.data), is_new=is_new
    )
    flash(_("词条已保存，约一秒内在全站生效"), "success")
    return url_for("operator.list_search_words", own=1)


@bp.route("/operator/search/words/edit", methods=["GET", "POST"])
@roles("operator")
def edit_search_words() -> Any:
    """Change an entry, also one of the files."""
    require(can_change_search_words(current_actor()))
    entry = queries.get_search_words(request.args.get("kind", ""), request.args.get("key", ""))
    if entry is None:
        raise NotFound("search_word.missing", lazy("没有这个词条"))
    form = _form()
    form.kind.data = entry.kind
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _save(form, entry.key, is_new=False)))
        except ServiceError as error:
            form.add_service_error(error)
    elif request.method == "GET":
        form.words.data, form.target.data = "\n".join(entry.words), entry.target
        form.name_zh.data, form.name_en.data, form.is_blocking.data = entry.name_zh, entry.name_en, entry.is_blocking
        form.known_number.data = str(entry.number)
    page = render_template(
        "operator/search_words_edit.html", form=form, entry=entry, kinds=KINDS,
        history=queries.history_of(entry.kind, entry.key),
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


@bp.post("/operator/search/words/retire")
@roles("operator")
def retire_search_words() -> Any:
    """Put an entry out of force, or back into it."""
    form, actor = RetireWordsForm(), current_actor()
    require(can_change_search_words(actor))
    kind, key, number = form.kind.data or "", form.key.data or "", whole(form.known_number.data)
    restore = form.restore.data == "1"

    def work() -> str:
        services.retire_search_words(actor=actor, kind=kind, key=key, known_number=number, is_retired=not restore)
        flash(_("词条已恢复") if restore else _("词条已停用"), "success")
        return url_for("operator.list_search_words", own=1)

    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, work))
        except NotFound:
            raise
        except ServiceError as error:
            flash(error.text, "danger")
    return redirect(url_for("operator.list_search_words", kind=kind))


@dataclass(frozen=True)
class Trial:
    """One query as the lists understand it, with its first results."""

    read: Understanding
    total: int
    cards: list[Card]
    filtered: list[str]
    left_out: list[str]


def _try(text: str, lists: WordLists) -> Trial | None:
    """Search with these lists, beside the engine in use."""
    present = engine.current()
    trial = present if lists is present.lists else present.with_lists(lists)
    query = engine.Query(text, limit=SHOWN_RESULTS, regions=regions.words(), region_facet="city", narrow=narrow)
    try:
        found = trial.find(query)
        return Trial(
            trial.understand(query), found.total, list_cards(found.ids), understood_labels(found.regions, found.hints),
            understood_labels(*found.dropped),
        )  # fmt: skip
    except engine.SearchUnavailable:
        return None


@bp.get("/operator/search/try")
@roles(*READERS)
def try_search() -> str:
    """How a query is understood and what it finds, now and with a draft of an entry that nobody has saved yet."""
    require(can_read_search_words(current_actor()))
    text, form = (
        request.args.get("q", "").strip()[: querylog.KEPT_CHARACTERS],
        _form(formdata=request.args, meta={"csrf": False}),
    )
    for optional in (form.kind, form.words):
        optional.flags.required = False
    draft = _entry(form) if form.words.data else None
    before = after = None
    if text:
        before = _try(text, engine.current().lists)
        if draft is not None and draft.kind in KINDS and draft.words:
            kept = {(row.kind, row.key): wordbook.entry_of(row) for row in wordbook.newest_rows()}
            after = _try(text, wordbook.lists_with([*kept.values(), draft]))
    return render_template(
        "operator/search_try.html", q=text, form=form, before=before, after=after, pieces=PIECES, category=find_category,
        may_change=can_change_search_words(current_actor()), notice=local_name,
    )  # fmt: skip
