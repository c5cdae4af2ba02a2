"""The park's finance desk: bank statements, credits that two people decide, the ledger."""

import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.errors import Invalid, NotFound, ServiceError
from marketplace.core.filters import mask_account
from marketplace.core.i18n import _, lazy
from marketplace.core.tabular import MEDIA_TYPES, BadTable, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.operator.routes import bp
from marketplace.organisations.queries import find_by_uscc, list_organisations
from marketplace.payments import services
from marketplace.payments.access import can_view_finance
from marketplace.payments.forms import DecideMatchForm, ImportStatementForm, ProposeMatchForm
from marketplace.payments.models import BankEntry
from marketplace.payments.queries import ledger, payments, statements
from marketplace.payments.rules.statements import BANK_COLUMNS
from marketplace.payments.states import OPEN_ENTRIES, Decision, EntryState, QueueReason

READERS = ("finance", "operator", "bureau", "auditor")
LINE_COLUMNS = [
    Column("at", "时间"), Column("txn_id", "凭证", "int"), Column("kind", "类型"), Column("key", "业务键"), Column("counterpart", "对方账户"),
    Column("debit_yuan", "借方", "yuan"), Column("credit_yuan", "贷方", "yuan"), Column("balance_yuan", "余额", "yuan"),
]  # fmt: skip


def _download(columns: list[Column], rows: Any, name: str) -> Response:
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    stream = io.BytesIO(table_bytes(kind, columns, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"{name}-{clock.today()}.{kind}"
    )


@bp.route("/operator/finance/statements", methods=["GET", "POST"])
@roles(*READERS)
def list_statements() -> Any:
    """The imported files, and the form for the next one. A bad file is refused whole, with row and column of each error."""
    require(can_view_finance(current_actor()))
    form, errors = ImportStatementForm(), []
    if form.validate_on_submit():
        upload = form.file.data
        content, filename = upload.read(), upload.filename or ""
        try:
            return redirect(submit_once(form, lambda: _import(content, filename)))
        except BadTable as bad:
            errors = list(bad.errors)
            form.file.errors = [_("文件有 %(n)s 处错误，未导入任何内容", n=len(errors))]
        except ServiceError as error:
            form.add_service_error(error)
    page = statements.list_imports(request.args.get("page", 1, int), request.args.get("per_page", 20, int))
    names = statements.names_of_users([i.imported_by_id for i in page.items])
    body = render_template(
        "operator/finance_statements.html", form=form, errors=errors, page=page, names=names, columns=BANK_COLUMNS
    )
    return body, 422 if form.is_submitted() else 200


def _import(content: bytes, filename: str) -> str:
    done = services.import_statement(actor=current_actor(), content=content, filename=filename)
    flash(
        _(
            "已导入：自动入账 %(settled)s 笔，待认领 %(queued)s 笔，已有 %(known)s 笔",
            settled=done.settled_count,
            queued=done.queued_count,
            known=done.known_count,
        ),
        "success",
    )
    return url_for("operator.show_statement", number=done.number)


@bp.get("/operator/finance/statements/<string:number>")
@roles(*READERS)
def show_statement(number: str) -> str:
    statement = statements.get_import(number, current_actor())
    page = statements.list_entries(
        request.args.get("page", 1, int), request.args.get("per_page", 50, int), import_id=statement.id
    )
    return render_template("operator/finance_statement.html", statement=statement, page=page)


def _credit_filters() -> dict[str, Any]:
    state, reason = request.args.get("state", "open"), request.args.get("reason", "")
    states = {"open": OPEN_ENTRIES, "all": ()}.get(state, (state,) if state in set(EntryState) else OPEN_ENTRIES)
    return {
        "states": states, "reason": reason if reason in set(QueueReason) else "", "q": request.args.get("q", "").strip()[:60],
        "side": "debit" if state == EntryState.RECORDED else "credit",
    }  # fmt: skip


@bp.get("/operator/finance/credits")
@roles(*READERS)
def list_credits() -> str:
    """Credits that did not match by themselves; by filter any credit, or what left the account (reversals among it)."""
    require(can_view_finance(current_actor()))
    page = statements.list_entries(
        request.args.get("page", 1, int), request.args.get("per_page", 20, int), **_credit_filters()
    )
    return render_template(
        "operator/finance_credits.html",
        page=page,
        counts=statements.count_entries(),
        reasons=list(QueueReason),
        states=list(EntryState),
    )


@bp.get("/operator/finance/credits/export")
@roles(*READERS)
def export_credits() -> Response:
    """In the columns of the bank's own file, with state and reason behind them; account numbers are masked, the bank has the originals."""
    require(can_view_finance(current_actor()))
    columns = [*BANK_COLUMNS, Column("state", "状态"), Column("reason", "原因", required=False)]
    rows = [
        {
            "serial": e.serial, "booked_on": e.booked_on, "credit_yuan": e.credit_fen or None, "debit_yuan": e.debit_fen or None,
            "balance_yuan": e.balance_fen, "counterparty_name": e.counterparty_name,
            "counterparty_account": e.counterparty_account and mask_account(e.counterparty_account),
            "memo": e.memo, "state": str(EntryState(e.state).label), "reason": str(e.reason_label),
        }
        for e in statements.export_entries(**_credit_filters())
    ]  # fmt: skip
    return _download(columns, rows, "credits")


def _credit_page(entry: BankEntry, form: Any = None, decide: Any = None, error: str = "", status: int = 200) -> Any:
    proposals = statements.list_proposals(entry.id)
    organisations = list_organisations({p.organisation_id for p in proposals if p.organisation_id})
    queued = entry.state == EntryState.QUEUED
    return render_template(
        "operator/finance_credit.html", entry=entry, proposals=proposals, organisations=organisations, error=error,
        names=statements.names_of_users([i for p in proposals for i in (p.proposed_by_id, p.decided_by_id)]),
        candidates=statements.list_candidates(entry) if queued else [], form=form or _started_form(),
        named=statements.list_named_organisations(entry.counterparty_name) if queued else [], decide=decide or DecideMatchForm(),
    ), status  # fmt: skip


def _started_form() -> ProposeMatchForm:
    """The empty form, or begun with the candidate that was chosen from the tables above it."""
    form, args = ProposeMatchForm(formdata=None), request.args
    if args.get("payment"):
        form.payment.data = args["payment"][:20]
    elif args.get("organisation"):
        form.decision.data, form.organisation_uscc.data = Decision.CREDIT.value, args["organisation"][:18]
    return form


@bp.get("/operator/finance/credits/<string:number>")
@roles(*READERS)
def show_credit(number: str) -> Any:
    return _credit_page(statements.get_entry(number, current_actor()))


@bp.post("/operator/finance/credits/<string:number>/propose")
@roles("finance")
def propose_match(number: str) -> Any:
    form = ProposeMatchForm()
    entry = statements.get_entry(number, current_actor())

    def work() -> str:
        credit = statements.get_entry(number, current_actor())
        services.propose_match(
            actor=current_actor(), credit=credit, decision=form.decision.data, reason=form.reason.data or "", payment=_payment(form),
            organisation=find_by_uscc(form.organisation_uscc.data) if form.organisation_uscc.data else None,
        )  # fmt: skip
        flash(_("已提交，等待另一位财务人员复核"), "success")
        return url_for("operator.show_credit", number=number)

    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
            entry = statements.get_entry(number, current_actor())
    return _credit_page(entry, form=form, status=422)


def _payment(form: ProposeMatchForm) -> Any:
    if form.decision.data != Decision.MATCH:
        return None
    found = payments.find_payment(form.payment.data or "")
    if found is None:
        raise Invalid("match.payment", lazy("没有这张付款单，请核对单号或附言编号"), field="payment")
    return found


@bp.post("/operator/finance/credits/<string:number>/<any(confirm, reject):decision>")
@roles("finance")
def decide_match(number: str, decision: str) -> Any:
    """The second finance person confirms or rejects; the first may not."""
    form = DecideMatchForm()
    entry = statements.get_entry(number, current_actor())

    def work() -> str:
        proposal = statements.find_open_proposal(entry.id)
        if proposal is None:
            raise NotFound("match.none", lazy("没有待复核的处理"))
        if decision == "confirm":
            services.confirm_match(actor=current_actor(), proposal=proposal, note=form.note.data or "")
        else:
            services.reject_match(actor=current_actor(), proposal=proposal, note=form.note.data or "")
        flash(_("已复核"), "success")
        return url_for("operator.show_credit", number=number)

    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            entry = statements.get_entry(number, current_actor())
            form.add_service_error(error)
            return _credit_page(entry, decide=form, error=error.text, status=error.status)
    return _credit_page(entry, decide=form, status=422)


@bp.get("/operator/finance/ledger")
@roles(*READERS)
def show_ledger() -> str:
    """Balances by group and account."""
    require(can_view_finance(current_actor()))
    args = request.args
    page = ledger.list_accounts(
        q=args.get("q", "").strip(),
        group=args.get("group", ""),
        page=args.get("page", 1, int),
        per_page=args.get("per_page", 50, int),
    )
    return render_template("operator/finance_ledger.html", page=page, sums=ledger.sum_groups())


@bp.get("/operator/finance/ledger/check")
@roles(*READERS)
def check_ledger() -> str:
    """Prove the books now: every violation, or that there is none."""
    require(can_view_finance(current_actor()))
    return render_template("operator/finance_check.html", wrong=ledger.check(), at=clock.now())


@bp.get("/operator/finance/ledger/<string:code>")
@roles(*READERS)
def show_account(code: str) -> str:
    require(can_view_finance(current_actor()))
    account = ledger.get_account(code)
    lines = ledger.statement(code, request.args.get("page", 1, int), request.args.get("per_page", 50, int))
    return render_template("operator/finance_account.html", account=account, lines=lines)


@bp.get("/operator/finance/ledger/<string:code>/export")
@roles(*READERS)
def export_account(code: str) -> Response:
    """The newest hundred pages of an account's transfers."""
    require(can_view_finance(current_actor()))
    rows: list[dict[str, Any]] = []
    page = ledger.statement(code, 1, 100)
    while page.items:
        rows += [
            {
                "at": clock.local(one.at).strftime("%Y-%m-%d %H:%M:%S"), "txn_id": one.txn_id, "kind": one.kind, "key": one.key,
                "counterpart": one.counterpart, "debit_yuan": one.debit_fen, "credit_yuan": one.credit_fen, "balance_yuan": one.balance_fen,
            }
            for one in page.items
        ]  # fmt: skip
        if page.page >= min(page.pages, 100):
            break
        page = ledger.statement(code, page.page + 1, 100)
    return _download(LINE_COLUMNS, rows, "ledger")
