"""The operator's category editor: the tree, one category with its versions, the draft of the next one, its preview, publishing."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.catalog.access import can_edit_category, can_read_category_versions
from marketplace.catalog.forms import listing_form
from marketplace.catalog.models import CategoryDraft
from marketplace.catalog.queries import definition_of
from marketplace.catalog.queries.categories import drafted, find_draft, get_draft, list_categories, list_versions
from marketplace.catalog.queries.impact import (
    changed_children,
    list_concerned,
    list_rows,
    measure_impact,
    preview_facets,
)
from marketplace.catalog.rules.changes import (
    bands_words,
    differences,
    licence_words,
    pricing_words,
    required_words,
    yes_no,
)
from marketplace.catalog.rules.definition import TYPES, Attribute, Category
from marketplace.catalog.rules.editing import (
    find_category_problems,
    move_attribute,
    put_attribute,
    reopen_attribute,
    retire_attribute,
)
from marketplace.catalog.rules.taxonomy import children, find_category
from marketplace.catalog.services import (
    create_category,
    discard_category_draft,
    edit_category_draft,
    open_category_draft,
    publish_category,
)
from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.operator.category_forms import AttributeForm, CategoryForm, NewCategoryForm, PublishForm, child_choices
from marketplace.operator.routes import bp

READERS = ("operator", "reviewer", "service", "finance", "bureau", "auditor")
COLUMNS = [
    Column("code", "类目代码"), Column("parent", "上级类目", required=False), Column("name_zh", "中文名称"), Column("name_en", "英文名称"),
    Column("licence", "准入许可"), Column("gbt4754", "国民经济行业代码"), Column("high_value", "高附加值业态", "bool"),
    Column("version", "版本", "int"), Column("state", "状态"), Column("attributes", "属性数", "int"), Column("published", "在架服务", "int"),
    Column("draft", "有草稿", "bool"),
]  # fmt: skip
ATTRIBUTE_COLUMNS = [
    Column("category", "类目代码"), Column("key", "属性代码"), Column("type", "类型"), Column("label_zh", "中文标签"), Column("label_en", "英文标签"),
    Column("required", "必填"), Column("filterable", "可筛选", "bool"), Column("ask_buyer", "采购方填写", "bool"),
    Column("unit", "单位", required=False), Column("bands", "筛选档位", required=False), Column("only", "仅用于子类目", "list", required=False),
    Column("choices", "选项", "list", required=False), Column("state", "状态"),
]  # fmt: skip
CONCERNED_COLUMNS = [
    Column("id", "服务编号", "int"), Column("title", "标题"), Column("firm", "机构"), Column("category", "类目代码"),
    Column("questions", "须重新作答", "list", required=False), Column("hidden", "将停止展示", "bool"), Column("url", "链接"),
]  # fmt: skip
GONE = lazy("没有这个类目")


def _category(code: str) -> Category:
    found = find_category(code)
    if found is None:
        raise NotFound("category.missing", GONE)
    return found


def _filters() -> dict[str, str]:
    only = request.args.get("only", "")
    return {"q": request.args.get("q", "")[:60], "only": only if only in ("draft", "retired") else ""}


@bp.get("/operator/categories/", endpoint="list_categories")
@roles(*READERS)
def show_tree() -> str:
    """The tree with what stands in each category and which drafts are under work."""
    require(can_read_category_versions(current_actor()))
    rows = list_categories(**_filters())
    return render_template(
        "operator/categories_list.html", rows=rows, filters=_filters(), licence_words=licence_words,
        tops=sum(not row.category.parent for row in rows), below=sum(bool(row.category.parent) for row in rows),
    )  # fmt: skip


@bp.get("/operator/categories/export/<any(categories, attributes):what>/<any(csv, xlsx):fmt>")
@roles(*READERS)
def export_categories(what: str, fmt: str) -> Response:
    """The categories under the present filters, or their attributes (once each, under the top that shares them), as a file."""
    require(can_read_category_versions(current_actor()))
    rows = [row for row in list_categories(**_filters()) if not row.is_new]
    if what == "categories":
        data = table_bytes(
            fmt,
            COLUMNS,
            ({**_row(row.category), "published": row.published, "draft": row.draft is not None} for row in rows),
        )
    else:
        tops = [row.category for row in rows if not row.category.parent]
        data = table_bytes(
            fmt, ATTRIBUTE_COLUMNS, [_attribute_row(top, a) for top in tops for a in (*top.asked, *top.retired)]
        )
    name = f"{what}-{clock.today():%Y%m%d}.{fmt}"
    return send_file(io.BytesIO(data), mimetype=MEDIA_TYPES[fmt], as_attachment=True, download_name=name)


def _row(of: Category) -> dict[str, Any]:
    return {
        "code": of.code, "parent": of.parent or None, "name_zh": of.name_zh, "name_en": of.name_en, "licence": licence_words(of),
        "gbt4754": of.gbt4754, "high_value": of.high_value, "version": of.number,
        "state": _("已停用") if of.is_retired else _("启用"), "attributes": len(of.attributes),
    }  # fmt: skip


def _attribute_row(top: Category, attribute: Attribute) -> dict[str, Any]:
    return {
        "category": top.code, "key": attribute.key, "type": str(TYPES[attribute.type]), "label_zh": attribute.label_zh,
        "label_en": attribute.label_en, "required": required_words(attribute), "filterable": attribute.filterable,
        "ask_buyer": attribute.ask_buyer, "unit": attribute.unit or None, "bands": bands_words(attribute) or None,
        "only": list(attribute.only) or None, "choices": [c.label_zh for c in attribute.choices] or None,
        "state": _("已停用") if attribute in top.retired else _("启用"),
    }  # fmt: skip


@bp.get("/operator/categories/<string:code>")
@roles(*READERS)
def show_category(code: str) -> Any:
    """One category: what it is now, its versions, and what differs between any two of them."""
    require(can_read_category_versions(current_actor()))
    of, draft = find_category(code), find_draft(code)
    if of is None and draft is not None:
        return redirect(url_for("operator.preview_category", code=code))
    of = _category(code)
    versions = list_versions(code)
    numbers = [one.number for one in versions]
    to = request.args.get("to", 0, int) if request.args.get("to", 0, int) in numbers else of.number
    before = (
        request.args.get("from", 0, int) if request.args.get("from", 0, int) in numbers else max(to - 1, numbers[-1])
    )
    return render_template(
        "operator/categories_show.html", of=of, draft=draft, versions=versions, to=to, before=before, types=TYPES, words=_words(),
        changes=differences(definition_of(code, before), definition_of(code, to)), parent=find_category(of.parent), below=children(code),
        pricing_labels=pricing_words,
    )  # fmt: skip


def _words() -> dict[str, Callable[..., str]]:
    return {"licence": licence_words, "yes_no": yes_no, "required": required_words, "bands": bands_words}


@bp.post("/operator/categories/<string:code>/draft")
@roles("operator")
def open_category(code: str) -> Any:
    """Begin the next version, or go on with the one under work."""
    form = PublishForm()
    require(can_edit_category(current_actor()))

    def work() -> str:
        open_category_draft(actor=current_actor(), code=code)
        return url_for("operator.edit_category", code=code)

    return redirect(submit_once(form, work))


@bp.route("/operator/categories/<string:code>/children/new", methods=["GET", "POST"])
@roles("operator")
def add_category(code: str) -> Any:
    """A new child category under a top: begins as a draft that nobody sees."""
    require(can_edit_category(current_actor()))
    top = _category(code)
    if top.is_child or top.is_retired:
        raise NotFound("category.missing", GONE)
    form = NewCategoryForm()

    def work() -> str:
        draft = create_category(
            actor=current_actor(), top=code, name_zh=form.name_zh.data or "", name_en=form.name_en.data or ""
        )
        return url_for("operator.edit_category", code=draft.code)

    status = 200
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
            status = error.status
    elif form.is_submitted():
        status = 422
    return render_template("operator/categories_new.html", form=form, top=top), status


@bp.route("/operator/categories/<string:code>/edit", methods=["GET", "POST"])
@roles("operator")
def edit_category(code: str) -> Any:
    """The draft: the category's own facts as a form, and for a top the attributes of its children."""
    require(can_edit_category(current_actor()))
    draft = get_draft(code)
    of = drafted(draft)
    form = CategoryForm(of)
    form.seen.data = form.seen.data or str(draft.version)
    if form.validate_on_submit() and form.show(_problems(form.applied(of))):
        try:
            return redirect(submit_once(form, lambda: _save(code, form.seen_version, form.applied)))
        except ServiceError as error:
            form.add_service_error(error)
            return _edit_page(draft, of, form, error.status)
    return _edit_page(draft, of, form, 422 if form.is_submitted() else 200)


def _problems(of: Category) -> list[Any]:
    return find_category_problems(of, find_category(of.code), [child.code for child in children(of.code)])


def _edit_page(draft: CategoryDraft, of: Category, form: CategoryForm, status: int) -> Any:
    present = find_category(of.code)
    page = render_template(
        "operator/categories_edit.html", draft=draft, of=of, form=form, present=present, types=TYPES, words=_words(),
        changes=differences(present, of), parent=find_category(of.parent),
    )  # fmt: skip
    return page, status


def _save(code: str, seen: int, change: Callable[[Category], Category]) -> str:
    draft = get_draft(code)
    edit_category_draft(actor=current_actor(), draft=draft, seen=seen, definition=change(drafted(draft)))
    flash(_("草稿已保存，发布后生效"), "success")
    return url_for("operator.edit_category", code=code)


def _top_draft(code: str) -> tuple[CategoryDraft, Category]:
    draft = get_draft(code)
    of = drafted(draft)
    if of.parent:
        raise NotFound("category.attributes", lazy("属性在一级类目中维护"))
    return draft, of


@bp.route("/operator/categories/<string:code>/attributes/new", methods=["GET", "POST"])
@roles("operator")
def add_category_attribute(code: str) -> Any:
    """A new attribute of a top and its children."""
    require(can_edit_category(current_actor()))
    return _attribute_page(code, None)


@bp.route("/operator/categories/<string:code>/attributes/<string:key>", methods=["GET", "POST"])
@roles("operator")
def edit_category_attribute(code: str, key: str) -> Any:
    """One attribute: labels, unit, marks, steps and choices."""
    require(can_edit_category(current_actor()))
    return _attribute_page(code, key)


def _attribute_page(code: str, key: str | None) -> Any:
    draft, of = _top_draft(code)
    attribute = next((a for a in of.asked if a.key == key), None)
    if key is not None and attribute is None:
        raise NotFound("category.no_attribute", lazy("没有这个属性"))
    present = find_category(code)
    once = (*present.asked, *present.retired) if present else ()
    published = next((a for a in once if a.key == key), None)
    form = AttributeForm(of, child_choices(list(children(code))), attribute)
    form.seen.data = form.seen.data or str(draft.version)
    status = 200
    if form.validate_on_submit():
        made = form.applied(published)
        if form.show(_attribute_problems(of, made, is_new=key is None)):
            try:
                return redirect(
                    submit_once(form, lambda: _save(code, form.seen_version, lambda now: put_attribute(now, made)))
                )
            except ServiceError as error:
                form.add_service_error(error)
                status = error.status
    if form.is_submitted() and status == 200:
        status = 422
    known = {c.value for c in (*published.choices, *published.retired_choices)} if published else set()
    return render_template(
        "operator/categories_attribute.html", form=form, of=of, attribute=attribute, is_published=published is not None, known=known,
        types=TYPES,
    ), status  # fmt: skip


def _attribute_problems(of: Category, made: Attribute, is_new: bool) -> list[Any]:
    """What is wrong with this attribute; a new one may not take the key of another, retired or not."""
    if is_new and any(a.key == made.key for a in (*of.asked, *of.retired)):
        return _problems(replace(of, asked=(*of.asked, made)))
    return _problems(put_attribute(of, made))


MOVES: dict[str, Callable[[Category, str], Category]] = {
    "up": lambda of, key: move_attribute(of, key, -1),
    "down": lambda of, key: move_attribute(of, key, 1),
    "retire": lambda of, key: retire_attribute(of, key, find_category(of.code)),
    "reopen": reopen_attribute,
}


@bp.post("/operator/categories/<string:code>/attributes/<string:key>/<any(up, down, retire, reopen):move>")
@roles("operator")
def move_category_attribute(code: str, key: str, move: str) -> Any:
    """Move an attribute up or down, stop asking for it, or ask for it again."""
    require(can_edit_category(current_actor()))
    _draft, of = _top_draft(code)
    if not any(a.key == key for a in (*of.asked, *of.retired)):
        raise NotFound("category.no_attribute", lazy("没有这个属性"))
    form = PublishForm()
    return redirect(
        submit_once(form, lambda: _save(code, form.seen_version, lambda now: MOVES[move](now, key))) + "#attributes"
    )


@bp.get("/operator/categories/<string:code>/preview")
@roles(*READERS)
def preview_category(code: str) -> Any:
    """What firms and buyers would see, and what publishing would do to the listings there."""
    require(can_read_category_versions(current_actor()))
    draft = get_draft(code)
    form = PublishForm(formdata=None)
    form.seen.data = str(draft.version)
    return _preview_page(draft, form, 200)


@bp.get("/operator/categories/<string:code>/concerned/<any(csv, xlsx):fmt>")
@roles(*READERS)
def export_concerned(code: str, fmt: str) -> Response:
    """The published listings that the draft turns against, firm by firm, as a file."""
    require(can_read_category_versions(current_actor()))
    rows = [
        {
            "id": one.id, "title": one.title, "firm": one.firm, "category": one.category_code, "questions": one.questions or None,
            "hidden": one.is_hidden, "url": f"{request.host_url}services/{one.id}",
        }
        for one in list_concerned(drafted(get_draft(code)))
    ]  # fmt: skip
    data = table_bytes(fmt, CONCERNED_COLUMNS, rows)
    name = f"{code}-{clock.today():%Y%m%d}.{fmt}"
    return send_file(io.BytesIO(data), mimetype=MEDIA_TYPES[fmt], as_attachment=True, download_name=name)


def _preview_page(draft: CategoryDraft, form: PublishForm, status: int) -> Any:
    of, present = drafted(draft), find_category(draft.code)
    below = changed_children(of)
    child = below.get(request.args.get("child", "")) or next(iter(below.values()), of)
    page = render_template(
        "operator/categories_preview.html", draft=draft, of=of, present=present, form=form, changes=differences(present, of),
        impact=measure_impact(of), below=list(below.values()), child=child, asked=listing_form(child),
        facets=preview_facets(child, list_rows([child.code])),
    )  # fmt: skip
    return page, status


@bp.post("/operator/categories/<string:code>/publish")
@roles("operator")
def publish_category_draft(code: str) -> Any:
    """Let the draft be the category from now on."""
    require(can_edit_category(current_actor()))
    form = PublishForm()
    status = 422
    if form.validate_on_submit():
        try:
            address = submit_once(form, lambda: _publish(code, form))
            flash(_("新版本已发布，表单、页面、筛选、导入与接口即时生效"), "success")
            return redirect(address)
        except NotFound:
            raise
        except ServiceError as error:
            form.add_service_error(error)
            status = error.status
    return _preview_page(get_draft(code), form, status)


def _publish(code: str, form: PublishForm) -> str:
    publish_category(
        actor=current_actor(), draft=get_draft(code), seen=form.seen_version, reason=form.reason.data or ""
    )
    return url_for("operator.show_category", code=code)


@bp.post("/operator/categories/<string:code>/discard")
@roles("operator")
def discard_category(code: str) -> Any:
    """Throw the draft away."""
    require(can_edit_category(current_actor()))
    form = PublishForm()

    def work() -> str:
        discard_category_draft(actor=current_actor(), draft=get_draft(code), seen=form.seen_version)
        return url_for("operator.list_categories")

    address = submit_once(form, work)
    flash(_("草稿已放弃，已发布的版本不变"), "success")
    return redirect(address)
