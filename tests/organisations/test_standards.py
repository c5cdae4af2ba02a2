"""Standards and grades: handed in, reviewed, shown, ended."""

import io
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.accounts.queries import actor_of
from marketplace.core.actor import SCHEDULER, Actor
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid
from marketplace.notifications.models import Notification
from marketplace.organisations.models import FirmStandard
from marketplace.organisations.queries.standards import get_standard
from marketplace.organisations.rules.standards import KNOWN, plain_number
from marketplace.organisations.services import standards as services
from tests.factories import actor_for, admin_of, make_client, make_firm, make_member, make_staff
from tests.factories.standards import PDF, REVIEWER, make_certificate, make_standard
from tests.support.racing import write_at_once

INDEX = "GB/T 33860-2017"
FORM = {
    "standard_no": INDEX,
    "level": "一级",
    "issuer": "评定中心",
    "issued_on": "2026-01-01",
    "valid_to": "2028-12-31",
}


def upload(content: bytes = PDF, name: str = "证书.pdf") -> Any:
    return (io.BytesIO(content), name)


def events(user_id: int) -> list[str]:
    db.session.rollback()
    query = select(Notification.event).where(
        Notification.user_id == user_id, Notification.event.startswith("firm_standard.")
    )
    return list(db.session.scalars(query.order_by(Notification.id)))


def fresh(standard: FirmStandard) -> FirmStandard:
    return get_standard(standard.id, actor=REVIEWER)


def state_of(standard: FirmStandard) -> str:
    return db.session.get_one(FirmStandard, standard.id, populate_existing=True).state


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("gb/t 33860－2017", INDEX), ("GB/T33860-2017", INDEX), (" ＧＢ／Ｔ 33860—2017 ", INDEX), ("db3202/t 1027-2022", "DB3202/T 1027—2022"),
        ("iso  9001 - 2015", "ISO 9001-2015"), ("T/SHHRA 001—2024", "T/SHHRA 001-2024"),
    ],
)  # fmt: skip
def test_a_number_is_stored_in_one_way_and_a_known_one_as_published(typed: str, stored: str) -> None:
    assert plain_number(typed) == stored
    assert all(plain_number(number) == number for number in KNOWN)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"standard_no": ""}, "standard_no"), ({"standard_no": "能力指数"}, "standard_no"), ({"standard_no": "<b>1"}, "standard_no"),
        ({"standard_no": "ISO 1"}, "title"),
        ({"issuer": " "}, "issuer"), ({"issued_on": date(2026, 11, 24)}, "issued_on"), ({"valid_to": date(2026, 11, 22)}, "valid_to"),
        ({"issued_on": date(2026, 11, 23), "valid_to": date(2026, 11, 23)}, "valid_to"), ({"level": "级" * 41}, "level"),
        ({"file": None}, "file"),
    ],
)  # fmt: skip
@pytest.mark.engine("sqlite")
def test_what_cannot_stand_is_refused_beside_its_field(
    app: Flask, clock: Any, change: dict[str, Any], field: str
) -> None:
    firm = make_firm()
    given: dict[str, Any] = {"standard_no": INDEX, "issuer": "评定中心", "file": make_certificate(), **change}
    with pytest.raises(Invalid) as refused, transaction():
        services.add_standard(actor=actor_for(firm), organisation=firm, **given)
    assert refused.value.field == field


def test_a_standard_goes_from_the_firm_over_the_desk_into_the_shop(
    app: Flask, clock: Any, sign_in: Any, client: Any
) -> None:
    firm = make_firm()
    own, desk = sign_in(make_member(firm, "business")), sign_in(make_staff("reviewer"))
    assert own.post("/firm/standards/new", data={**FORM, "file": upload()}).location == "/firm/standards"
    standard = db.session.scalars(select(FirmStandard)).one()
    assert (standard.state, standard.title) == ("submitted", KNOWN[INDEX])
    shop, address = f"/firms/{firm.id}", f"/operator/standards/{standard.id}"
    assert INDEX not in client.get(shop).text
    assert INDEX in desk.get("/operator/standards").text and "标准与等级" in desk.get("/operator/").text
    with desk.get(f"/organisation/standards/{standard.id}/file") as file:
        assert file.data == PDF and "attachment" in file.headers["Content-Disposition"]
    assert desk.post(f"{address}/return", data={"reason": ""}).status_code == 422
    assert desk.post(f"{address}/return", data={"reason": "证书不清晰"}).status_code == 302
    assert "证书不清晰" in own.get("/firm/standards").text and INDEX not in client.get(shop).text
    again = own.post(f"/firm/standards/{standard.id}/correct", data={**FORM, "level": "二级"})
    assert again.location == "/firm/standards" and standard.file_id is not None  # the evidence stays
    assert desk.post(f"{address}/approve").location == address
    page = client.get(shop).text
    assert INDEX in page and "二级" in page and "评定中心" in page and "/file" not in page
    assert firm.name in client.get(f"/firms/?standard={INDEX}").text
    assert client.get(f"/api/v1/firms/{firm.id}").get_json()["standards"][0]["level"] == "二级"
    assert own.post(f"/firm/standards/{standard.id}/withdraw").location == "/firm/standards"
    assert INDEX not in client.get(shop).text
    assert events(admin_of(firm).id) == ["firm_standard.returned", "firm_standard.approved"]
    assert (
        INDEX in own.get("/firm/standards/export").text
        and INDEX in desk.get("/operator/standards/export?state=all").text
    )


def test_a_refused_form_keeps_what_was_typed(app: Flask, sign_in: Any) -> None:
    own = sign_in(admin_of(make_firm()))
    for data, text in (
        ({**FORM, "issuer": ""}, "请填写颁发或评定机构"),
        (FORM, "请上传证书"),
        ({**FORM, "file": upload(b"plain", "a.pdf")}, "file-error"),
    ):
        answer = own.post("/firm/standards/new", data=data)
        assert answer.status_code == 422 and text in answer.text and 'value="一级"' in answer.text


def test_it_is_off_the_shop_on_the_day_after_its_last_and_the_firm_hears_of_it_once(
    app: Flask, clock: Any, client: Any
) -> None:
    clock.set("2026-11-23")
    firm = make_firm()
    standard = make_standard(firm, valid_to=date(2026, 12, 31))

    def run() -> tuple[int, int]:
        with transaction():
            return services.remind_of_standards(actor=SCHEDULER), services.expire_standards(actor=SCHEDULER)

    assert run() == (0, 0)
    clock.set("2026-12-01")
    assert (run(), run()) == ((1, 0), (0, 0))
    clock.set("2026-12-31T23:59")
    assert "GB/T 33530-2017" in client.get(f"/firms/{firm.id}").text and run() == (0, 0)
    clock.set("2027-01-01T00:01")  # before any job has run
    assert "GB/T 33530-2017" not in client.get(f"/firms/{firm.id}").text
    assert firm.name not in client.get("/firms/?standard=GB/T 33530-2017").text
    assert (run(), run()) == ((0, 1), (0, 0))
    assert state_of(standard) == "expired"
    assert events(admin_of(firm).id) == ["firm_standard.approved", "firm_standard.expiring", "firm_standard.expired"]


def test_a_renewal_replaces_the_old_one_when_it_is_approved_and_not_before(app: Flask, clock: Any) -> None:
    firm = make_firm()
    old = make_standard(firm, valid_to=date(2026, 12, 1))
    with pytest.raises(Conflict, match="held"), transaction():
        services.add_standard(
            actor=actor_for(firm), organisation=firm, standard_no=old.standard_no, issuer="甲", file=make_certificate()
        )
    with transaction():
        new = services.add_standard(
            actor=actor_for(firm),
            organisation=firm,
            standard_no=old.standard_no,
            issuer="甲",
            file=make_certificate(),
            renews=fresh(old),
        )
    assert (state_of(old), state_of(new)) == ("approved", "submitted")
    with transaction():
        assert services.remind_of_standards(actor=SCHEDULER) == 0  # its renewal waits
    with pytest.raises(Conflict, match="open"), transaction():
        services.add_standard(
            actor=actor_for(firm),
            organisation=firm,
            standard_no=old.standard_no,
            issuer="甲",
            file=make_certificate(),
            renews=fresh(old),
        )
    with transaction():
        services.approve_standard(actor=REVIEWER, standard=fresh(new))
    assert (state_of(old), state_of(new)) == ("replaced", "approved")


def test_one_that_ran_out_while_it_waited_cannot_be_approved(app: Flask, clock: Any) -> None:
    standard = make_standard(state="submitted", valid_to=date(2026, 11, 30))
    clock.set("2026-12-01")
    with pytest.raises(Invalid, match="past"), transaction():
        services.approve_standard(actor=REVIEWER, standard=fresh(standard))


@pytest.mark.engine("sqlite")
def test_evidence_that_was_handed_in_anew_is_not_approved_unseen(app: Flask, sign_in: Any) -> None:
    standard = make_standard(state="submitted")
    desk, address = sign_in(make_staff("reviewer")), f"/operator/standards/{standard.id}"
    seen = re.search(r'name="seen"[^>]*value="(\d+)"', desk.get(address).text)
    assert seen and int(seen[1]) == standard.version
    with transaction():
        services.return_standard(actor=REVIEWER, standard=fresh(standard), reason="证书不清晰")
    with transaction():
        again = fresh(standard)
        services.correct_standard(
            actor=actor_for(again.organisation), standard=again, standard_no=again.standard_no, file=make_certificate(),
            title=again.title, issuer=again.issuer,
        )  # fmt: skip
    answer = desk.post(f"{address}/approve", data={"form_key": "a", "seen": seen[1]})
    assert answer.status_code == 409 and fresh(standard).state == "submitted"
    now = {"form_key": "b", "seen": fresh(standard).version}
    assert desk.post(f"{address}/approve", data=now).status_code == 302 and fresh(standard).state == "approved"


def test_what_another_firm_handed_in_does_not_exist(app: Flask, sign_in: Any, client: Any) -> None:
    standard, other = make_standard(state="returned"), sign_in(admin_of(make_firm()))
    for path in (
        f"/firm/standards/{standard.id}/correct",
        f"/organisation/standards/{standard.id}/file",
        f"/firm/standards/new?renews={standard.id}",
    ):
        assert other.get(path).status_code == 404
    assert other.post(f"/firm/standards/{standard.id}/withdraw").status_code == 404
    assert client.get(f"/organisation/standards/{standard.id}/file").status_code == 302


@pytest.mark.engine("sqlite")
def test_a_viewer_only_reads_and_a_client_has_none(app: Flask, sign_in: Any) -> None:
    standard = make_standard(state="returned")
    firm = standard.organisation
    viewer = make_member(firm, "viewer")
    page = sign_in(viewer)
    assert page.get("/firm/standards").status_code == 200 and page.get("/firm/standards/new").status_code == 403
    for actor in (actor_of(viewer), Actor(user_id=1, staff=frozenset({"finance"})), actor_for(make_client())):
        with pytest.raises(AccessDenied), transaction():
            services.withdraw_standard(actor=actor, standard=fresh(standard))
        with pytest.raises(AccessDenied), transaction():
            services.approve_standard(actor=actor, standard=fresh(standard))


def test_of_people_who_decide_at_the_same_moment_one_decides(live_app: Flask) -> None:
    standard = make_standard(state="submitted")
    standard_id, owner = standard.id, actor_for(standard.organisation)

    def deciding(how: str) -> Any:
        def work() -> str:
            found = get_standard(standard_id, actor=REVIEWER)
            if how == "approve":
                return services.approve_standard(actor=REVIEWER, standard=found).state
            if how == "return":
                return services.return_standard(actor=REVIEWER, standard=found, reason="补充").state
            return services.add_standard(
                actor=owner,
                organisation=found.organisation,
                standard_no="ISO 9001-2015",
                title="质量",
                issuer="甲",
                file=file,
            ).state

        return work

    results = write_at_once(live_app, [deciding(how) for how in ("approve", "return", "approve", "return")])
    done = [one for one in results if isinstance(one, str)]
    assert len(done) == 1 and all(isinstance(one, (str, Conflict)) for one in results), results
    assert state_of(standard) == done[0]
    file = make_certificate()
    results = write_at_once(live_app, [deciding("add") for _ in range(3)])
    assert [one for one in results if isinstance(one, str)] == ["submitted"], results
    assert all(isinstance(one, (str, Conflict)) for one in results), results
