"""People for tests."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import count

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of, get_user
from marketplace.accounts.services import (
    begin_enrolment,
    create_user,
    enrol_second_factor,
    grant_staff_role,
    recovery_codes,
)
from marketplace.core import clock
from marketplace.core.actor import CLI
from marketplace.core.db import db, in_transaction, transaction
from marketplace.duties.rules.documents import DOCUMENTS, REQUIRED
from tests.support.authenticator import Authenticator

PASSWORD = "Test-Password-2026"
serial = count(1)


@contextmanager
def writing() -> Iterator[None]:
    """The transaction that is open, or one of its own."""
    with nullcontext() if in_transaction() else transaction():
        yield


def make_user(
    *,
    email: str | None = "",
    mobile: str | None = None,
    name: str = "测试用户",
    password: str = PASSWORD,
    is_demo: bool = False,
    agreed: bool = True,
) -> User:
    """A person with a password; e-mail is made up unless given (None for somebody who has only a mobile number). They have agreed to the
    newest rules, unless `agreed=False`."""
    if email == "":
        email = f"user{next(serial)}@test.example"
    with writing():
        user = create_user(actor=CLI, name=name, email=email, mobile=mobile, password=password, is_demo=is_demo)
        if agreed:
            user.agreed = {d.code: d.versions[-1].number for d in DOCUMENTS if d.consent == REQUIRED}
            db.session.flush()
        return user


def confirm_contacts(user: User) -> User:
    """The person has shown that their address and number are their own."""
    with writing():
        found = get_user(user.id)
        found.email_confirmed_at = clock.now() if found.email else None
        found.mobile_confirmed_at = clock.now() if found.mobile else None
        return found


def enrol(user: User) -> Authenticator:
    """The person has set an authenticator up; gives it, with the recovery codes."""
    ticket = begin_enrolment(user)
    phone = Authenticator(ticket.secret)
    with writing():
        enrol_second_factor(
            actor=actor_of(user), user=get_user(user.id), ticket=ticket, code=phone.at(-1), session_id=0, seed="factory"
        )
    phone.recovery = recovery_codes(user.id, "factory")
    return phone


def make_staff(role: str = "operator", **values: object) -> User:
    """One of the park's own people in a role."""
    with writing():
        user = make_user(**{"name": f"园区{role}", **values})  # type: ignore[arg-type]
        grant_staff_role(actor=CLI, user=user, role=role)
        return user
