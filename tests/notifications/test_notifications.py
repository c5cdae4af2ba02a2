"""Messages: to whom they go, in the inbox and by mail, and who may read them."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.accounts.queries import actor_of
from marketplace.core.config import ROOT
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, NotFound
from marketplace.core.outbox import OutboxMessage, render
from marketplace.notifications import queries, services
from marketplace.notifications.models import Notification
from marketplace.notifications.text import text_of
from tests.factories import make_firm, make_member, make_staff, make_user
from tests.factories.organisations import admin_of

RETURNED = {"name": "青禾", "reason": "执照不清晰"}


def tell(**to: Any) -> int:
    with transaction():
        return services.notify(event="organisation.returned", params=RETURNED, url="/firm/profile", **to)


def recipients() -> list[int]:
    return sorted(db.session.scalars(select(Notification.user_id).where(Notification.event == "organisation.returned")))


def test_all_members_of_an_organisation_are_told_once_each(app: Any) -> None:
    firm, other = make_firm(), make_firm()
    colleague = make_member(firm, "finance")
    assert tell(organisation_id=firm.id, user_id=colleague.id) == 2
    assert recipients() == sorted([admin_of(firm).id, colleague.id])
    assert admin_of(other).id not in recipients()


def test_staff_of_one_role_are_told(app: Any) -> None:
    operator, _finance = make_staff("operator"), make_staff("finance")
    tell(staff_role="operator")
    assert recipients() == [operator.id]


def test_who_has_no_e_mail_gets_an_sms(app: Any) -> None:
    user = make_user(email=None, mobile="19900008888")
    tell(user_id=user.id)
    message = db.session.scalars(select(OutboxMessage).where(OutboxMessage.user_id == user.id)).one()
    assert (message.channel, message.address) == ("sms", "19900008888")


def test_the_mail_says_what_the_inbox_says_and_leads_to_the_page(app: Any) -> None:
    user = make_user()
    tell(user_id=user.id)
    message = db.session.scalars(select(OutboxMessage).where(OutboxMessage.user_id == user.id)).one()
    subject, body = render(message)
    assert subject == "入驻资料被退回，请补充"
    assert "执照不清晰" in body and app.config["SITE_URL"] + "/firm/profile" in body
    notification = db.session.scalars(select(Notification).where(Notification.user_id == user.id)).one()
    assert text_of(notification) == (subject, body)


def test_a_message_taken_back_with_its_change_was_never_there(app: Any) -> None:
    user = make_user()
    with pytest.raises(RuntimeError), transaction():
        services.notify(event="organisation.returned", params=RETURNED, user_id=user.id)
        raise RuntimeError("no")
    assert recipients() == []


def test_nobody_reads_the_messages_of_another(app: Any) -> None:
    one, other = make_user(), make_user()
    tell(user_id=one.id)
    message = db.session.scalars(select(Notification)).one()
    with pytest.raises(NotFound):
        queries.get_notification(message.id, actor=actor_of(other))
    with pytest.raises(AccessDenied), transaction():
        services.read_notification(actor=actor_of(other), notification=message)
    assert queries.count_unread(actor_of(one)) == 1
    assert queries.count_unread(actor_of(other)) == 0


def test_opening_a_message_marks_it_read_and_leads_to_its_page(app: Any, sign_in: Any) -> None:
    user = make_user()
    tell(user_id=user.id)
    number = db.session.scalars(select(Notification.id)).one()
    page = sign_in(user)
    assert "执照不清晰" in page.get("/account/messages/?unread=1").text
    answer = page.post(f"/account/messages/{number}/read")
    assert answer.location == "/firm/profile"
    assert "没有未读消息" in page.get("/account/messages/?unread=1").text
    assert sign_in(make_user()).post(f"/account/messages/{number}/read").status_code == 404


def test_all_messages_are_marked_read_at_once(app: Any, sign_in: Any, queries: Any) -> None:
    user = make_user()
    for _ in range(25):
        tell(user_id=user.id)
    page = sign_in(user)
    with queries(at_most=12):
        text = page.get("/account/messages/").text
    assert "第 1 / 2 页" in text
    assert page.post("/account/messages/read-all").status_code == 302
    assert "没有未读消息" in page.get("/account/messages/?unread=1").text


@pytest.mark.parametrize(
    "path", sorted((ROOT / "templates" / "notifications").glob("licence.*.txt")), ids=lambda p: p.stem
)
def test_every_licence_message_has_a_subject_and_a_body(app: Any, path: Path) -> None:
    params = {
        "name": "青禾",
        "kind": "DISPATCH",
        "number": "沪-1",
        "valid_to": "2027-01-01",
        "reason": "更换",
        "days": 7,
    }
    subject, body = text_of(Notification(event=path.stem, params=params, url="/firm/profile"))
    assert subject and body and "%(" not in subject + body
