"""Sign-up of organisations, their own file, the public directory and the firms' shops."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marketplace.accounts.login import remember
from marketplace.accounts.services import prepare_password
from marketplace.catalog.queries import list_cards, visible_ids
from marketplace.core import regions
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.paging import Page, clamp
from marketplace.core.web import current_actor, limiter, public, roles, signed_in, submit_once
from marketplace.files import services as files
from marketplace.files.rules import ACCEPT
from marketplace.files.web import send
from marketplace.organisations import queries, services
from marketplace.organisations.forms import EditOrganisationForm, LicenceForm, SignUpForm
from marketplace.organisations.models import Organisation
from marketplace.organisations.rules import KINDS, LETTERS, LICENCE_KINDS, ROLES, missing_licences
from marketplace.organisations.states import LicenceState
from marketplace.reviews.queries import get_rating_summary

bp = Blueprint("organisations", __name__)
FACTS = (
    "short_name", "address", "established_on", "registered_capital_fen", "industry", "size", "contact_name", "contact_mobile", "intro",
)  # fmt: skip


@bp.app_template_global()
def licence_kind(kind: str) -> str:
    """The name of a kind of licence, for pages and messages."""
    return str(LICENCE_KINDS.get(kind, kind))


@bp.route("/account/sign-up/organisation", methods=["GET", "POST"])
@public
@limiter.limit("30 per hour", methods=["POST"], deduct_when=lambda response: response.status_code == 302)
def sign_up() -> Any:
    if current_actor().is_signed_in:
        return redirect(url_for("organisations.onboarding"))
    form = SignUpForm()
    if form.validate_on_submit():
        try:
            return redirect(_sign_up(form))
        except ServiceError as error:
            form.add_service_error(error)
    elif request.method == "GET":
        form.kind.data = request.args.get("kind") if request.args.get("kind") in KINDS else "firm"
    return render_template("organisations/sign_up.html", form=form), 422 if form.is_submitted() else 200


def _sign_up(form: SignUpForm) -> str:
    """Make person and organisation in one transaction, then put the new session into the cookie."""
    login = (form.email.data or None, form.mobile.data or None)
    hashed = prepare_password(form.password.data, *login, form.person_name.data)
    tokens: list[str] = []

    def work() -> str:
        _organisation, token = services.sign_up_organisation(
            actor=current_actor(), kind=form.kind.data, uscc=form.uscc.data, name=form.name.data, city_code=form.city_code.data,
            person_name=form.person_name.data, email=login[0], mobile=login[1], password_hash=hashed,
            address=request.remote_addr or "", agent=request.user_agent.string,
        )  # fmt: skip
        tokens.append(token)
        return url_for("organisations.onboarding")

    target = submit_once(form, work)
    if tokens:
        remember(tokens[0])
        flash(_("账号已建立。请完善资料、上传证照，然后提交审核"), "success")
    return target


def _own(kind: str | None = None) -> Organisation:
    """The organisation that the signed-in person acts for."""
    actor = current_actor()
    found = {"firm": actor.firm_id, "client": actor.client_id}.get(kind or "", actor.organisation_id)
    if found is None:
        raise NotFound("organisation.none", lazy("您的账号尚未加入任何单位"))
    return queries.get_organisation(found, actor)


def _profile(organisation: Organisation, error: str = "", status: int = 200) -> Any:
    """The organisation's own file. Loaded anew after a refusal, which has emptied what was read before it."""
    checks = queries.list_checks(organisation.id)
    present = {x.kind for x in organisation.licences if x.state in (LicenceState.PENDING, LicenceState.VALID)}
    return render_template(
        "organisations/profile.html",
        organisation=organisation, members=queries.list_members(organisation.id), checks=checks, roles=ROLES, error=error,
        missing=missing_licences(organisation.kind, present),
        complete=bool(organisation.address and organisation.contact_name and organisation.contact_mobile),
        reasons={c.licence_id: c.reason for c in reversed(checks) if c.licence_id and c.result in ("returned", "revoked")},
    ), status  # fmt: skip


@bp.get("/organisation/onboarding")
@roles("firm", "client")
def onboarding() -> Any:
    return _profile(_own())


@bp.get("/firm/profile")
@roles("firm")
def firm_profile() -> Any:
    return _profile(_own("firm"))


@bp.get("/client/profile")
@roles("client")
def client_profile() -> Any:
    return _profile(_own("client"))


@bp.route("/organisation/edit", methods=["GET", "POST"])
@roles("firm", "client")
def edit() -> Any:
    organisation = _own()
    form = EditOrganisationForm(obj=organisation)
    if organisation.is_firm:
        del form.industry, form.size
    if form.validate_on_submit():

        def work() -> str:
            facts: Any = {key: form[key].data for key in FACTS if key in form}
            services.edit_organisation(
                actor=current_actor(), organisation=organisation, name=form.name.data, city_code=form.city_code.data,
                uscc=form.uscc.data, **facts,
            )  # fmt: skip
            flash(_("单位资料已保存"), "success")
            return url_for("organisations.onboarding")

        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
    page = render_template("organisations/edit.html", form=form, organisation=organisation)
    return page, 422 if form.is_submitted() else 200


@bp.route("/organisation/licences/new", methods=["GET", "POST"])
@roles("firm", "client")
def add_licence() -> Any:
    organisation, form = _own(), LicenceForm()
    if form.validate_on_submit():
        try:
            return redirect(_add_licence(organisation, form))
        except ServiceError as error:
            form.add_service_error(error)
    elif request.method == "GET" and request.args.get("kind") in LICENCE_KINDS:
        form.kind.data = request.args["kind"]
    page = render_template("organisations/add_licence.html", form=form, organisation=organisation, accept=ACCEPT)
    return page, 422 if form.is_submitted() else 200


def _add_licence(organisation: Organisation, form: LicenceForm) -> str:
    upload = form.file.data
    prepared = files.prepare(upload.stream, upload.filename, "licence")

    def work() -> str:
        services.add_licence(
            actor=current_actor(), organisation=organisation, kind=form.kind.data, number=form.number.data, valid_to=form.valid_to.data,
            is_long_term=form.is_long_term.data, file=prepared, issuing_region=form.issuing_region.data or "",
        )  # fmt: skip
        flash(_("证照已上传，等待园区核验"), "success")
        return url_for("organisations.onboarding")

    return submit_once(form, work)


@bp.post("/organisation/submit")
@roles("firm", "client")
def submit() -> Any:
    organisation, form = _own(), BaseForm()

    def work() -> str:
        services.submit_verification(actor=current_actor(), organisation=organisation)
        flash(_("已提交审核。审核结果会以消息和邮件通知您"), "success")
        return url_for("organisations.onboarding")

    try:
        return redirect(submit_once(form, work))
    except ServiceError as error:
        return _profile(_own(), error.text, error.status)


@bp.get("/organisation/licences/<int:licence_id>/file")
@signed_in
def download_licence(licence_id: int) -> Any:
    licence = queries.get_licence(licence_id, actor=current_actor())
    if licence.file is None:
        raise NotFound("licence.no_file", lazy("这份证照没有扫描件"))
    return send(licence.file)


@bp.get("/firms/")
@public
def directory() -> Any:
    args = request.args
    letter = args.get("letter", "").upper()[:1]
    chosen = {
        "q": args.get("q", "").strip()[:60], "letter": letter if letter in LETTERS else "", "city": args.get("city", ""),
        "licence": args.get("licence", "") if args.get("licence") in LICENCE_KINDS else "",
    }  # fmt: skip
    page = queries.list_public_firms(**chosen, page=args.get("page", 1, int), per_page=args.get("per_page", 20, int))
    return render_template(
        "organisations/directory.html",
        page=page, chosen=chosen, letters=LETTERS, counts=queries.count_by_letter(), kinds=queries.licence_kinds_of([f.id for f in page.items]),
        cities=[(code, regions.label(code)) for code in queries.list_firm_cities()], licence_kinds=LICENCE_KINDS, region=regions.label,
    )  # fmt: skip


@bp.get("/firms/<int:firm_id>")
@public
def show(firm_id: int) -> Any:
    """A firm's shop: who it is, its licences (人力资源市场暂行条例 32), its services, its rating."""
    firm = queries.get_public_firm(firm_id)
    ids = visible_ids(firm_id=firm.id)[::-1]
    number, size = clamp(request.args.get("page", 1, int), request.args.get("per_page", 10, int))
    cards = list_cards(ids[(number - 1) * size : number * size])
    return render_template(
        "organisations/show.html",
        firm=firm, cards=Page(cards, len(ids), number, size), rating=get_rating_summary(firm_id=firm.id), region=regions.label,
        licences=[x for x in firm.licences if x.state in (LicenceState.VALID, LicenceState.EXPIRED)], words=_card_words(),
    )  # fmt: skip


def _card_words() -> dict[str, str]:
    """The few words of every service card, translated once a page."""
    return {
        "verified": _("资质已核验"), "recorded": _("资质待核验"), "demo": _("演示"), "points": _("分"), "sold": _("成交"),
        "orders": _("单"),
    }  # fmt: skip
