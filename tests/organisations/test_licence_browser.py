"""Licences, re-verification and code overrides in a real browser: accessible, narrow enough for a phone, usable without script."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.organisations import services
from marketplace.organisations.models import Licence, Organisation
from tests.factories import admin_of, make_client, make_firm, make_staff
from tests.factories.catalog import make_listing
from tests.factories.licences import PDF, come_due, make_evidence, make_licence, make_override
from tests.organisations.test_browser import look, sign_in
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser
TERMS: dict[str, Any] = {
    "issuing_code": "310118", "issuing_region": "上海市青浦区人力资源和社会保障局", "recognised_in": ["310118", "320509"],
}  # fmt: skip


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_are_accessible_and_fit_the_window(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    today = clock.today()
    firm = make_firm(name="青禾人力资源服务有限公司", licences=("business", "HR_FILING"))
    make_listing(firm=firm)
    firm_id, owner = firm.id, admin_of(firm).id
    permit = make_licence(
        organisation=firm, kind="HR_PERMIT", number="（沪）人服证字〔2023〕第0118000123号", valid_to=today + timedelta(days=20),
        issued_on=today - timedelta(days=900), scope=["headhunt", "refer"], **TERMS,
    )  # fmt: skip
    old_id = permit.id
    returned = make_licence(organisation=db.session.get_one(Organisation, firm_id), kind="OTHER", state="returned").id
    renewal = make_licence(
        organisation=db.session.get_one(Organisation, firm_id), kind="HR_PERMIT", state="pending", number="（沪）人服证字〔2026〕第0118000456号",
        valid_to=today + timedelta(days=1500), issued_on=today, scope=["headhunt", "refer", "online"], **TERMS,
    )  # fmt: skip
    renewal_id = renewal.id
    with transaction():
        evidenced = make_licence(organisation=db.session.get_one(Organisation, firm_id), kind="ICP", state="pending")
        services.approve_licence(
            actor=CLI, licence=evidenced, method="registry", evidence=make_evidence(), note="公示系统状态正常"
        )
        evidenced_id = evidenced.id
    come_due(db.session.get_one(Organisation, firm_id), 6)
    over_id = come_due(make_firm(name="安邦人力资源科技有限公司"), 20).id
    come_due(make_client(name="江澜精密制造有限公司"), 3)
    override_id, approved_id = make_override().id, make_override(state="approved").id
    operator, width = make_staff().id, size["width"]
    own = visitors.open(size)
    sign_in(live_app, own, live_server.url, owner)
    paths = [
        "/organisation/licences/new", "/organisation/licences/new?kind=HR_PERMIT", f"/organisation/licences/new?renews={old_id}",
        f"/organisation/licences/{returned}/correct", "/firm/profile", "/desk/",
    ]  # fmt: skip
    look(own, paths, f"own-licences-{width}", axe, no_sideways_scroll)
    look(visitors.open(size), [f"/firms/{firm_id}"], f"shop-{width}", axe, no_sideways_scroll)
    desk = visitors.open(size)
    sign_in(live_app, desk, live_server.url, operator)
    paths = [
        "/operator/licences", "/operator/licences?state=all", f"/operator/licences/{renewal_id}", f"/operator/licences/{evidenced_id}",
        "/operator/overdue", f"/operator/overdue/{over_id}", "/operator/uscc-overrides", "/operator/uscc-overrides/new",
        f"/operator/uscc-overrides/{override_id}", f"/operator/uscc-overrides/{approved_id}",
    ]  # fmt: skip
    look(desk, paths, f"desk-licences-{width}", axe, no_sideways_scroll)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_firm_renews_and_a_reviewer_approves_by_hand_on_a_phone(
    live_app: Any, visitors: Any, live_server: Any, tmp_path: Path, script: bool
) -> None:
    firm = make_firm(licences=("business", "HR_FILING"))
    old = make_licence(organisation=firm, valid_to=clock.today() + timedelta(days=20))
    old_id, owner, reviewer = old.id, admin_of(firm).id, make_staff("reviewer").id
    scan = tmp_path / "许可证.pdf"
    scan.write_bytes(PDF)
    own = visitors.open(PHONE, java_script_enabled=script)
    sign_in(live_app, own, live_server.url, owner)
    own.goto("/firm/profile")
    own.get_by_role("link", name="换证 / 续期").first.click()
    own.fill("#number", "换发-1")
    own.fill("#valid_to", (clock.today() + timedelta(days=1000)).isoformat())
    own.set_input_files("#file", str(scan))
    own.get_by_role("button", name="上传").click()
    own.wait_for_url("**/firm/profile")
    desk = visitors.open(PHONE, java_script_enabled=script)
    sign_in(live_app, desk, live_server.url, reviewer)
    desk.goto("/operator/licences")
    desk.get_by_role("link", name="核验", exact=False).filter(has_text="核验").last.click()
    desk.wait_for_url("**/operator/licences/*")
    desk.get_by_role("button", name="核验通过").click()
    desk.wait_for_load_state()
    db.session.rollback()
    states = dict(db.session.execute(select(Licence.number, Licence.state).where(Licence.kind == "DISPATCH")).all())
    assert states["换发-1"] == "valid"
    assert db.session.get_one(Licence, old_id).state == "revoked"
