"""Codes that fail their check and are real: two people, evidence, and where such a code is then accepted (dossier 2.1)."""

from typing import Any

import pytest
from sqlalchemy import select, text

from marketplace.accounts.queries import actor_of
from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Conflict, Invalid
from marketplace.core.tabular import BadTable, Row
from marketplace.core.uscc import check_uscc
from marketplace.notifications.models import Notification
from marketplace.organisations import queries, services
from marketplace.organisations.models import Organisation, UsccOverride
from tests.factories import actor_for, make_firm, make_staff, make_uscc
from tests.factories.licences import faulty_uscc, make_evidence, make_override, reviewer_actor

PILOT = ("91350100M0001TGQXM", "91350211M0000XUF46", "91350203M0001FUE2P")  # dossier 2.1, reported as real
FACTS: dict[str, Any] = {"kind": "firm", "name": "试点人力资源有限公司", "city_code": "310000"}


def propose(**values: Any) -> UsccOverride:
    given = {
        "actor": reviewer_actor(), "uscc": faulty_uscc(), "name": "试点人力资源有限公司", "reason": "公示系统可查", "evidence": make_evidence(),
        **values,
    }  # fmt: skip
    with transaction():
        return services.propose_uscc_override(**given)


@pytest.mark.parametrize("code", PILOT)
def test_the_pilot_areas_codes_are_refused_then_accepted_once_two_people_agree(app: Any, clock: Any, code: str) -> None:
    assert check_uscc(code).errors == ("checksum",)
    with pytest.raises(Invalid) as refused, transaction():
        services.register_organisation(actor=CLI, uscc=code, **FACTS)
    assert refused.value.field == "uscc" and "校验豁免" in refused.value.text
    make_override(uscc=code)
    with pytest.raises(Invalid), transaction():
        services.register_organisation(actor=CLI, uscc=code, **FACTS)
    db.session.rollback()
    override = db.session.scalars(select(UsccOverride)).one()
    with transaction():
        services.approve_uscc_override(actor=reviewer_actor("operator"), override=override)
    with transaction():
        firm = services.register_organisation(actor=CLI, uscc=f" {code.lower()}", **FACTS)
    assert firm.uscc == code
    assert "校验豁免" in queries.find_verification_problem(firm)
    assert check_uscc(code).errors == ("checksum",)  # the check itself knows no exceptions


@pytest.mark.parametrize("state", ["proposed", "rejected", "withdrawn"])
def test_only_an_approved_override_counts(app: Any, clock: Any, state: str) -> None:
    override = make_override(state=state)
    assert queries.find_override(override.uscc) is None
    assert not queries.accept_uscc(override.uscc).is_valid
    assert queries.list_refused_codes([override.uscc, make_uscc()]) == {override.uscc}


def test_an_organisation_may_be_edited_to_and_imported_with_such_a_code(app: Any, clock: Any) -> None:
    code, other = make_override(state="approved").uscc, make_override(state="approved").uscc
    firm = make_firm(state="draft")
    with transaction():
        services.edit_identity(
            actor=actor_for(firm), organisation=firm, name=firm.name, city_code=firm.city_code, uscc=code
        )
    assert db.session.get_one(Organisation, firm.id).uscc == code
    rows = [Row(2, {"uscc": other, "name": "试点客户", "city_code": "310000"})]
    with transaction():
        services.import_clients(actor=CLI, rows=rows)
    assert queries.find_by_uscc(other) is not None
    with transaction():
        services.import_clients(actor=CLI, rows=rows)  # and again, as an export would
    with pytest.raises(BadTable, match="校验位"), transaction():
        services.import_clients(actor=CLI, rows=[Row(2, {**rows[0], "uscc": faulty_uscc()})])


@pytest.mark.parametrize(
    ("code", "field"),
    [
        ("91310118MA000001P", "uscc"), ("91310118MAO000015P", "uscc"), ("01310118MA0000015P", "uscc"), ("91310118MA0000015P", "uscc"),
    ],
)  # fmt: skip
def test_faults_of_length_characters_and_authority_are_never_overridden(
    app: Any, clock: Any, code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        propose(uscc=code)
    assert refused.value.field == field
    assert db.session.scalars(select(UsccOverride)).all() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"reason": ""}, "reason"),
        ({"reason": "长" * 501}, "reason"),
        ({"evidence": None}, "evidence"),
    ],
)
def test_a_proposal_names_the_body_the_reason_and_the_evidence(
    app: Any, clock: Any, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        propose(**change)
    assert refused.value.field == field


def test_whoever_proposes_does_not_decide_not_even_in_the_database(app: Any, clock: Any) -> None:
    proposer = reviewer_actor()
    override = propose(actor=proposer)
    for decide in (services.approve_uscc_override, services.reject_uscc_override):
        with pytest.raises(AccessDenied), transaction():
            decide(actor=proposer, override=override, note="同意")
    with pytest.raises(Conflict), transaction():
        db.session.execute(text("UPDATE uscc_override SET decided_by_id = proposed_by_id, state = 'approved'"))
    with pytest.raises(Conflict), transaction():
        db.session.execute(text("UPDATE uscc_override SET state = 'approved'"))


def test_both_people_have_lately_shown_who_they_are(app: Any, clock: Any) -> None:
    with pytest.raises(ConfirmationNeeded):
        propose(actor=reviewer_actor(is_confirmed=False))
    override = propose()
    with pytest.raises(ConfirmationNeeded), transaction():
        services.approve_uscc_override(actor=reviewer_actor(is_confirmed=False), override=override)


def test_only_reviewers_and_operators_propose_and_decide(app: Any, clock: Any) -> None:
    override = make_override()
    for actor in (
        actor_for(make_firm()),
        *(actor_of(make_staff(r)) for r in ("service", "bureau", "auditor", "admin", "finance")),
    ):
        with pytest.raises(AccessDenied):
            propose(actor=actor)
        with pytest.raises(AccessDenied), transaction():
            services.approve_uscc_override(actor=actor, override=override)


def test_one_code_has_one_open_or_approved_override_and_may_be_proposed_again_after_a_rejection(
    app: Any, clock: Any
) -> None:
    code = make_override().uscc
    with pytest.raises(Conflict):
        propose(uscc=code)
    db.session.rollback()
    first = db.session.scalars(select(UsccOverride)).one()
    with pytest.raises(Invalid) as refused, transaction():
        services.reject_uscc_override(actor=reviewer_actor(), override=first, note=" ")
    assert refused.value.field == "note"
    with transaction():
        services.reject_uscc_override(actor=reviewer_actor(), override=first, note="查无此代码")
    assert propose(uscc=code).state == "proposed"
    assert queries.list_overrides(q=code).total == 2


def test_a_decision_is_final_and_told_to_whoever_proposed(app: Any, clock: Any) -> None:
    override = make_override(state="approved")
    sent = db.session.scalars(select(Notification).where(Notification.event == "uscc_override.decided")).all()
    assert [one.user_id for one in sent] == [override.proposed_by_id]
    with pytest.raises(Conflict), transaction():
        services.reject_uscc_override(actor=reviewer_actor(), override=override, note="反悔")
    db.session.rollback()
    assert db.session.scalars(select(UsccOverride)).one().state == "approved"
