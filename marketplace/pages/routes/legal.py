"""Rules and notices that the law wants within reach of the front page (电子商务法 15, 32–34), with every version they ever had."""

from typing import Any

from flask import Response, render_template, request

from marketplace.core import clock, retention, settings
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.sharing import shared_page
from marketplace.core.web import public
from marketplace.duties.rules.documents import DOCUMENTS, Document, Version, find_document, listed
from marketplace.duties.rules.texts import compare_texts, plain_text
from marketplace.pages.legal_text import body_of, download_of
from marketplace.pages.routes import bp


def _find(code: str) -> Document:
    document = find_document(code)
    if document is None or not document.published(clock.today()):
        raise NotFound("legal.missing", lazy("没有这份文件"))
    return document


def _version(document: Document, number: int | None) -> Version:
    """A version that has been published; what is only prepared does not exist yet."""
    version = document.version(number or 0)
    if version is None or version.published_on > clock.today():
        raise NotFound("legal.version", lazy("没有这个版本"))
    return version


def _coming(document: Document) -> Version | None:
    today = clock.today()
    return next((v for v in document.published(today) if v.effective_on > today), None)


@bp.get("/legal/")
@public
@shared_page()
def legal() -> str:
    today = clock.today()
    rows = [(d, d.in_force(today), _coming(d)) for d in DOCUMENTS if d.published(today)]
    return render_template("legal/index.html", rows=rows)


def _page(document: Document, version: Version) -> str:
    fees: list[Any] = [(None, settings.definition("orders.commission_bps").default, "")]
    fees += [(row.effective_on, row.value, row.reason) for row in settings.history("orders.commission_bps")]
    return render_template(
        "legal/show.html", document=document, version=version, documents=listed(), current=document.in_force(clock.today()),
        coming=_coming(document), today=clock.today(), body=body_of(document, version), fees=fees, matrix=retention.rules(),
        what=retention.WHAT,
    )  # fmt: skip


@bp.get("/legal/<string:document>")
@public
@shared_page()
def legal_document(document: str) -> str:
    """The version in force; before the first takes effect, that one."""
    found = _find(document)
    return _page(found, found.in_force(clock.today()) or found.versions[0])


@bp.get("/legal/<string:document>/history")
@public
@shared_page()
def legal_history(document: str) -> str:
    found, today = _find(document), clock.today()
    return render_template(
        "legal/history.html", document=found, documents=listed(), versions=found.published(today), today=today,
        current=found.in_force(today),
    )  # fmt: skip


@bp.get("/legal/<string:document>/<int:number>")
@public
@shared_page()
def legal_version(document: str, number: int) -> str:
    found = _find(document)
    return _page(found, _version(found, number))


@bp.get("/legal/<string:document>/compare")
@public
@shared_page()
def compare_legal(document: str) -> str:
    """What changed between two versions, by default the newest published and the one before it."""
    found = _find(document)
    newest = found.published(clock.today())[-1].number
    new = _version(found, request.args.get("to", newest, int))
    old = _version(found, request.args.get("from", max(new.number - 1, 1), int))
    parts: Any = list(compare_texts(plain_text(body_of(found, old)), plain_text(body_of(found, new))))
    return render_template("legal/compare.html", document=found, documents=listed(), old=old, new=new, parts=parts)


@bp.get("/legal/<string:document>/<int:number>/download")
@public
def download_legal(document: str, number: int) -> Response:
    """The Chinese text as a file, whose digest stands on the page."""
    found = _find(document)
    version = _version(found, number)
    answer = Response(download_of(found, version), content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.code}-{version.number}.txt"'
    return answer
