"""Licences in full: their facts, correction, renewal, evidence of the review, reminders, and what they open in the catalogue."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.accounts.queries import actor_of
from marketplace.catalog import services as catalog
from marketplace.catalog.jobs import touch_lapsed
from marketplace.catalog.queries import can_be_seen, get_listing, list_cards, visible_ids
from marketplace.catalog.queries.documents import listing_documents
from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid, NotFound
from marketplace.files.models import StoredFile
from marketplace.notifications.models import Notification
from marketplace.organisations import queries, services
from marketplace.organisations.jobs import expire_lapsed_licences, remind_before_expiry
from marketplace.organisations.models import Licence, Organisation, VerificationCheck
from marketplace.search.documents import Removed
from marketplace.search.models import SearchChange
from tests.factories import actor_for, admin_of, make_client, make_firm, make_member, make_staff
from tests.factories.catalog import make_draft, make_listing
from tests.factories.licences import make_evidence, make_licence, reviewer_actor

FACTS: dict[str, Any] = {
    "number": "（沪）人服证字〔2026〕第0118000123号", "valid_to": date(2031, 11, 1), "issued_on": date(2026, 11, 2),
    "scope": ["headhunt", "online"], "issuing_code": "310118", "issuing_region": "上海市青浦区人力资源和社会保障局",
    "recognised_in": ["310118", "320509"],
}  # fmt: skip


def again(licence: Licence) -> Licence:
    db.session.rollback()
    return queries.get_licence(licence.id, actor=reviewer_actor())


def the_firm(firm: Organisation) -> Organisation:
    db.session.rollback()
    return queries.get_organisation(firm.id, CLI)


def told(event: str) -> list[int]:
    query = select(Notification.user_id).where(Notification.event == event).order_by(Notification.id)
    return list(db.session.scalars(query))


def is_shown(listing_id: int) -> bool:
    """Asked of every reader of visibility: the page, the lists, the cards, the search documents."""
    db.session.rollback()
    listing = get_listing(listing_id, actor=reviewer_actor())
    answers = {
        can_be_seen(listing), visible_ids([listing_id]) == [listing_id], bool(list_cards([listing_id])),
        not isinstance(next(iter(listing_documents([listing_id]))), Removed),
    }  # fmt: skip
    assert len(answers) == 1, answers
    return answers.pop()


def test_a_licence_keeps_what_it_says(app: Any, clock: Any) -> None:
    firm = make_firm()
    with transaction():
        made = services.add_licence(
            actor=actor_for(firm), organisation=firm, kind="HR_PERMIT", file=make_evidence("正本.pdf"),
            pages=[make_evidence("副本.pdf"), make_evidence("附页.pdf")], **FACTS,
        )  # fmt: skip
    licence = again(made)
    assert {name: getattr(licence, name) for name in FACTS} == FACTS
    assert licence.state == "pending" and licence.submitted_at is not None
    actor = actor_for(firm)
    names = [queries.get_licence_file(licence, place, actor=actor).filename for place in (1, 2, 3)]
    assert names == ["正本.pdf", "副本.pdf", "附页.pdf"]
    with pytest.raises(NotFound):
        queries.get_licence_file(licence, 4, actor=actor)
    with pytest.raises(NotFound):
        queries.get_licence_file(licence, 2, actor=actor_for(make_firm()))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"issued_on": date(2026, 11, 24)}, "issued_on"), ({"issued_on": date(2026, 11, 1), "valid_to": date(2026, 11, 1)}, "valid_to"),
        ({"scope": ["consult"]}, "scope"), ({"scope": ["anything"]}, "scope"), ({"issuing_code": "999999"}, "issuing_code"),
        ({"recognised_in": ["310000"]}, "recognised_in"), ({"number": "9" * 65}, "number"),
    ],
)  # fmt: skip
def test_what_a_licence_cannot_say_is_refused_beside_its_field(
    app: Any, clock: Any, change: dict[str, Any], field: str
) -> None:
    clock.set("2026-11-23")
    firm = make_firm()
    with pytest.raises(Invalid) as refused, transaction():
        services.add_licence(actor=CLI, organisation=firm, kind="HR_PERMIT", **{**FACTS, **change})
    assert refused.value.field == field


def test_a_licence_has_at_most_five_scans(app: Any, clock: Any) -> None:
    firm = make_firm()
    with pytest.raises(Invalid) as refused, transaction():
        services.add_licence(
            actor=actor_for(firm), organisation=firm, kind="HR_PERMIT", file=make_evidence(),
            pages=[make_evidence() for _ in range(5)], **FACTS,
        )  # fmt: skip
    assert refused.value.field == "file"


def test_a_returned_licence_is_corrected_and_waits_again_with_its_scans(app: Any, clock: Any) -> None:
    firm, operator = make_firm(), make_staff()
    with transaction():
        made = services.add_licence(
            actor=actor_for(firm), organisation=firm, kind="HR_PERMIT", file=make_evidence("旧.pdf"),
            pages=[make_evidence("旧副本.pdf")], **FACTS,
        )  # fmt: skip
        services.return_licence(actor=reviewer_actor(), licence=made, reason="编号有误")
    clock.advance(days=2)
    with transaction():
        services.correct_licence(actor=actor_for(firm), licence=again(made), **{**FACTS, "number": "更正后的编号"})
    licence = again(made)
    assert (licence.state, licence.number, licence.file.filename) == ("pending", "更正后的编号", "旧.pdf")  # type: ignore[union-attr]
    assert licence.submitted_at == clock.now and len(licence.pages) == 1
    assert told("licence.submitted").count(operator.id) == 2
    with transaction():
        services.return_licence(actor=reviewer_actor(), licence=licence, reason="再换扫描件")
        services.correct_licence(actor=actor_for(firm), licence=licence, file=make_evidence("新.pdf"), **FACTS)
    licence = again(made)
    assert licence.file.filename == "新.pdf" and licence.pages == []  # type: ignore[union-attr]
    assert [c.reason for c in queries.list_licence_checks(licence)] == ["再换扫描件", "编号有误"]


def test_only_a_returned_licence_is_corrected_and_only_by_its_administrators(app: Any, clock: Any) -> None:
    firm = make_firm()
    waiting, returned = (
        make_licence(organisation=firm, state="pending"),
        make_licence(organisation=firm, state="returned"),
    )
    with pytest.raises(Conflict), transaction():
        services.correct_licence(
            actor=actor_for(firm), licence=again(waiting), file=make_evidence(), **{**FACTS, "scope": []}
        )
    for actor in (actor_for(make_firm()), actor_of(make_member(firm, "business"))):
        with pytest.raises(AccessDenied), transaction():
            services.correct_licence(
                actor=actor, licence=again(returned), file=make_evidence(), **{**FACTS, "scope": []}
            )


def test_a_renewal_replaces_the_older_licence_only_once_it_is_approved(app: Any, clock: Any) -> None:
    firm = make_firm(licences=("business", "HR_FILING"))
    old = make_licence(organisation=firm, valid_to=date(2026, 12, 20))
    assert the_firm(firm).next_due_on == date(2026, 12, 20)
    with transaction():
        new = services.add_licence(
            actor=CLI, organisation=firm, kind="DISPATCH", number="换发", valid_to=date(2029, 12, 20), renews=again(old)
        )
    assert queries.find_standing_licence(again(new)).id == old.id  # type: ignore[union-attr]
    assert again(old).state == "valid"
    with transaction():
        services.approve_licence(actor=reviewer_actor(), licence=again(new))
    assert (again(old).state, again(old).replaced_by_id, again(new).state) == ("revoked", new.id, "valid")
    assert the_firm(firm).next_due_on == date(2027, 5, 23)


def test_a_renewal_of_another_kind_or_of_another_organisation_is_refused(app: Any, clock: Any) -> None:
    firm = make_firm()
    mine, others = make_licence(organisation=firm), make_licence()
    for renews, kind in ((mine, "ICP"), (others, "DISPATCH")):
        with pytest.raises(Invalid) as refused, transaction():
            services.add_licence(
                actor=CLI, organisation=firm, kind=kind, number="1", valid_to=date(2030, 1, 1), renews=renews
            )
        assert refused.value.field == "kind"


def test_other_qualifications_stand_beside_one_another_unless_one_renews_the_other(app: Any, clock: Any) -> None:
    firm = make_firm()
    first = make_licence(organisation=firm, kind="OTHER", number="甲")
    second = make_licence(organisation=firm, kind="OTHER", number="乙")
    assert [again(x).state for x in (first, second)] == ["valid", "valid"]
    with transaction():
        third = services.add_licence(
            actor=CLI, organisation=firm, kind="OTHER", number="丙", valid_to=date(2030, 1, 1), renews=again(first)
        )
        services.approve_licence(actor=CLI, licence=third)
    assert [again(x).state for x in (first, second, third)] == ["revoked", "valid", "valid"]


def test_a_look_into_the_public_register_needs_its_screenshot_which_stands_in_the_record_for_good(
    app: Any, clock: Any
) -> None:
    licence = make_licence(state="pending")
    with pytest.raises(Invalid) as refused, transaction():
        services.approve_licence(actor=reviewer_actor(), licence=licence, method="registry")
    assert refused.value.field == "evidence"
    evidence = make_evidence()
    with transaction():
        services.approve_licence(actor=reviewer_actor(), licence=again(licence), method="registry", evidence=evidence)
    check = queries.list_licence_checks(again(licence))[0]
    assert (check.method, check.evidence_sha256) == ("registry", evidence.sha256)
    stored = queries.get_check_evidence(check.id, actor=reviewer_actor("auditor"))
    assert (stored.sha256, stored.owner_organisation_id) == (evidence.sha256, None)
    firm = db.session.get_one(Organisation, licence.organisation_id)
    for actor in (actor_for(firm), actor_of(make_staff("admin"))):
        with pytest.raises(NotFound):
            queries.get_check_evidence(check.id, actor=actor)
    with pytest.raises(Exception, match=r"append-only|冲突|conflict"), transaction():
        db.session.execute(db.text("UPDATE verification_check SET evidence_sha256 = 'x'"))


def test_evidence_is_a_pdf_or_a_picture(app: Any, clock: Any) -> None:
    from dataclasses import replace

    sheet = replace(make_evidence(), media_type="text/csv")
    with pytest.raises(Invalid) as refused, transaction():
        services.approve_licence(actor=reviewer_actor(), licence=make_licence(state="pending"), evidence=sheet)
    assert refused.value.field == "evidence"


def test_an_approval_of_the_organisation_may_carry_evidence(app: Any, clock: Any) -> None:
    firm = make_firm(state="submitted")
    with transaction():
        services.approve_organisation(
            actor=reviewer_actor(), organisation=firm, method="registry", evidence=make_evidence()
        )
    check = db.session.scalars(select(VerificationCheck).where(VerificationCheck.evidence_file_id.is_not(None))).one()
    assert (check.result, check.organisation_id) == ("approved", firm.id)
    assert (
        db.session.scalars(select(StoredFile).where(StoredFile.purpose == "evidence")).one().sha256
        == check.evidence_sha256
    )


# A category and its licence


def test_a_listing_is_not_begun_or_submitted_without_the_licence_which_is_named(app: Any, clock: Any) -> None:
    firm = make_firm(licences=("business", "HR_FILING"))
    with pytest.raises(Invalid, match="劳务派遣经营许可证") as refused, transaction():
        catalog.create_listing(actor=actor_for(firm), firm=firm, draft=make_draft("C0501"))
    assert refused.value.field == "category_code"
    listing = make_listing(category_code="C0501", state="draft")
    seller = db.session.get_one(Organisation, listing.firm_id)
    permit = db.session.scalars(
        select(Licence).where(Licence.organisation_id == seller.id, Licence.kind == "DISPATCH")
    ).one()
    with transaction():
        services.revoke_licence(actor=CLI, licence=permit, reason="发证机关撤销")
    with pytest.raises(Invalid, match="劳务派遣经营许可证"), transaction():
        catalog.submit_listing(actor=actor_for(seller), listing=get_listing(listing.id, actor=actor_for(seller)))


def test_a_listing_is_not_published_if_the_licence_went_while_it_waited(app: Any, clock: Any) -> None:
    listing = make_listing(category_code="C0501", state="submitted")
    permit = db.session.scalars(
        select(Licence).where(Licence.organisation_id == listing.firm_id, Licence.kind == "DISPATCH")
    ).one()
    with transaction():
        services.revoke_licence(actor=CLI, licence=permit, reason="发证机关撤销")
    reviewer = reviewer_actor()
    with pytest.raises(Invalid, match="劳务派遣经营许可证"), transaction():
        catalog.approve_listing(actor=reviewer, listing=get_listing(listing.id, actor=reviewer))


def test_listings_go_at_midnight_in_shanghai_and_come_back_with_the_renewal_without_anybodys_hand(
    app: Any, clock: Any
) -> None:
    firm = make_firm(licences=("business", "HR_FILING"))
    make_licence(organisation=firm, valid_to=date(2026, 11, 30))
    mine = make_listing(firm=firm, category_code="C0501").id
    free = make_listing(firm=firm, category_code="C0301").id
    clock.set("2026-11-30T23:59:59+08:00")
    assert is_shown(mine)
    clock.set("2026-12-01T00:00:00+08:00")
    assert not is_shown(mine)  # no job has run yet: the day alone decides
    assert is_shown(free)
    assert expire_lapsed_licences() == 1 and touch_lapsed() >= 1
    assert not is_shown(mine)
    with transaction():
        new = services.add_licence(
            actor=CLI, organisation=the_firm(firm), kind="DISPATCH", number="换发", valid_to=date(2029, 11, 30)
        )
        services.approve_licence(actor=reviewer_actor(), licence=new)
    assert is_shown(mine)
    assert db.session.scalar(
        select(SearchChange.id).where(SearchChange.kind == "firm", SearchChange.ref_id == firm.id).limit(1)
    )


def test_listings_go_with_a_revocation_at_once(app: Any, clock: Any) -> None:
    listing = make_listing(category_code="C0501")
    permit = db.session.scalars(
        select(Licence).where(Licence.organisation_id == listing.firm_id, Licence.kind == "DISPATCH")
    ).one()
    assert is_shown(listing.id)
    with transaction():
        services.revoke_licence(actor=CLI, licence=again(permit), reason="发证机关撤销")
    assert not is_shown(listing.id)


# Reminders


def test_a_missed_reminder_is_made_good_by_the_step_it_stands_at_now(app: Any, clock: Any) -> None:
    firm = make_firm(licences=("business", "HR_FILING"))
    make_licence(organisation=firm, valid_to=date(2027, 3, 1))
    clock.set(date(2027, 3, 1) - timedelta(days=40))
    assert [remind_before_expiry(), remind_before_expiry()] == [1, 0]
    clock.set(date(2027, 3, 1) - timedelta(days=30))
    assert [remind_before_expiry(), remind_before_expiry()] == [1, 0]
    assert len(told("licence.expiring")) == 2


def test_administrators_and_business_people_are_reminded_and_nobody_else(app: Any, clock: Any) -> None:
    firm = make_firm(licences=("business", "HR_FILING"))
    business = make_member(firm, "business")
    for role in ("viewer", "finance"):
        make_member(firm, role)
    make_licence(organisation=firm, valid_to=date(2026, 12, 1))
    remind_before_expiry()
    assert sorted(told("licence.expiring")) == sorted([admin_of(firm).id, business.id])


def test_a_licence_whose_renewal_waits_or_stands_is_not_reminded_and_again_once_that_is_returned(
    app: Any, clock: Any
) -> None:
    firm = make_firm(licences=("business", "HR_FILING"))
    make_licence(organisation=firm, valid_to=date(2026, 12, 20))
    renewal = make_licence(organisation=firm, state="pending")
    assert remind_before_expiry() == 0
    with transaction():
        services.return_licence(actor=CLI, licence=again(renewal), reason="不清晰")
    assert remind_before_expiry() == 1
    with transaction():
        services.correct_licence(
            actor=actor_for(firm), licence=again(renewal), number="2", valid_to=date(2030, 1, 1), file=make_evidence()
        )
        services.approve_licence(actor=CLI, licence=renewal)
    clock.set("2026-12-15")
    assert remind_before_expiry() == 0


def test_a_client_has_licences_and_reminders_too(app: Any, clock: Any) -> None:
    client = make_client()
    with transaction():
        licence = services.add_licence(
            actor=CLI, organisation=client, kind="business", number=client.uscc, valid_to=date(2026, 12, 1)
        )
        services.approve_licence(actor=CLI, licence=licence)
    assert remind_before_expiry() == 1
    assert told("licence.expiring") == [admin_of(client).id]


def test_the_banner_names_what_ends_soon_and_what_has_lapsed_without_replacement(app: Any, clock: Any) -> None:
    firm = make_firm(licences=("business", "HR_FILING"))
    soon = make_licence(organisation=firm, valid_to=date(2026, 12, 20))
    make_licence(organisation=firm, kind="HR_PERMIT", valid_to=date(2028, 1, 1))
    assert [x.id for x in queries.list_ending_or_lapsed(firm.id)] == [soon.id]
    clock.set("2026-12-22")
    assert [x.id for x in queries.list_ending_or_lapsed(firm.id)] == [soon.id]
    make_licence(organisation=firm, valid_to=date(2029, 1, 1))
    assert queries.list_ending_or_lapsed(firm.id) == []
