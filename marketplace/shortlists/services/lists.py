"""Beginning, naming, copying and putting away shortlists."""

from sqlalchemy import func, insert, literal, select

from marketplace.core import audit, clock, settings
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.shortlists.access import can_create_shortlist, can_edit_shortlist, can_view_shortlist
from marketplace.shortlists.models import Shortlist, ShortlistItem


def _owner(organisation_id: int | None, actor: Actor) -> dict[str, int | None]:
    return {"organisation_id": organisation_id, "user_id": None if organisation_id else actor.user_id}


def _refuse_twin(owner: dict[str, int | None], name: str, but: int | None = None) -> None:
    """The name is free among the owner's open lists; the database holds it against two at once."""
    twin = db.session.scalar(
        select(Shortlist.id).filter_by(**owner).where(Shortlist.name == name, Shortlist.archived_at.is_(None))
    )
    if twin is not None and twin != but:
        raise Invalid("shortlist.twin", lazy("已有同名的备选清单，请换一个名称"), field="name")


def _refuse_too_many(owner: dict[str, int | None]) -> None:
    most = settings.get("shortlists.max_lists")
    if (
        db.session.scalar(select(func.count(Shortlist.id)).filter_by(**owner).where(Shortlist.archived_at.is_(None)))
        or 0
    ) >= most:
        raise Invalid("shortlist.too_many", lazy("最多同时使用 %(n)s 份备选清单，请先归档不用的"), field="name", n=most)


def _named(name: str) -> str:
    if not name.strip():
        raise Invalid("shortlist.name", lazy("请填写清单名称"), field="name")
    return name.strip()


def require_open(shortlist: Shortlist) -> None:
    """Refuse to change a list that was put away."""
    if not shortlist.is_open:
        raise Conflict("shortlist.archived", lazy("该清单已归档，恢复使用后才能修改"))


def create_shortlist(
    *, actor: Actor, name: str, purpose: str = "", note: str = "", organisation_id: int | None = None
) -> Shortlist:
    """Begin a list for one purchase: of the client `organisation_id`, whose members share it, or of the person alone.

    Refused: members who do not buy for the client, a name that an open list of the same owner has, more lists than the setting allows.
    """
    require(can_create_shortlist(actor, organisation_id))
    owner, name = _owner(organisation_id, actor), _named(name)
    _refuse_twin(owner, name)
    _refuse_too_many(owner)
    shortlist = Shortlist(name=name, purpose=purpose.strip(), note=note.strip(), **owner)
    db.session.add(shortlist)
    db.session.flush()
    shortlist.updated_at = clock.now()
    audit.record("shortlist.created", "shortlist", shortlist.id, actor=actor, organisation_id=shortlist.organisation_id)
    return shortlist


def edit_shortlist(*, actor: Actor, shortlist: Shortlist, name: str, purpose: str = "", note: str = "") -> Shortlist:
    """Rename a list or rewrite what it is for. Refused: a list that was put away, a name that is taken."""
    require(can_edit_shortlist(actor, shortlist))
    require_open(shortlist)
    name = _named(name)
    _refuse_twin({"organisation_id": shortlist.organisation_id, "user_id": shortlist.user_id}, name, but=shortlist.id)
    shortlist.name, shortlist.purpose, shortlist.note = name, purpose.strip(), note.strip()
    shortlist.updated_at = clock.now()
    audit.record("shortlist.edited", "shortlist", shortlist.id, actor=actor, organisation_id=shortlist.organisation_id)
    return shortlist


def archive_shortlist(*, actor: Actor, shortlist: Shortlist) -> Shortlist:
    """Put a list away: it can still be read and copied, its name is free again. Putting it away twice changes nothing."""
    require(can_edit_shortlist(actor, shortlist))
    if shortlist.is_open:
        shortlist.archived_at = clock.now()
        shortlist.updated_at = clock.now()
        audit.record(
            "shortlist.archived", "shortlist", shortlist.id, actor=actor, organisation_id=shortlist.organisation_id
        )
    return shortlist


def reopen_shortlist(*, actor: Actor, shortlist: Shortlist) -> Shortlist:
    """Take a list up again. Refused: its name is taken by now, or too many are open."""
    require(can_edit_shortlist(actor, shortlist))
    if shortlist.is_open:
        return shortlist
    owner = {"organisation_id": shortlist.organisation_id, "user_id": shortlist.user_id}
    _refuse_twin(owner, shortlist.name)
    _refuse_too_many(owner)
    shortlist.archived_at = None
    shortlist.updated_at = clock.now()
    audit.record(
        "shortlist.reopened", "shortlist", shortlist.id, actor=actor, organisation_id=shortlist.organisation_id
    )
    return shortlist


def copy_shortlist(*, actor: Actor, shortlist: Shortlist, name: str) -> Shortlist:
    """Begin a new list with the same services, notes and versions seen; it belongs to the same owner, or to the person who may only read
    the client's lists. Refused as `create_shortlist` refuses."""
    require(can_view_shortlist(actor, shortlist))
    shared = shortlist.organisation_id if can_edit_shortlist(actor, shortlist) else None
    copied = create_shortlist(
        actor=actor, name=name, purpose=shortlist.purpose, note=shortlist.note, organisation_id=shared
    )
    kept = [c for c in ShortlistItem.__table__.columns if c.name not in ("id", "shortlist_id")]
    db.session.execute(
        insert(ShortlistItem).from_select(
            ["shortlist_id", *(c.name for c in kept)],
            select(literal(copied.id), *kept)
            .where(ShortlistItem.shortlist_id == shortlist.id)
            .order_by(ShortlistItem.id),
        )
    )
    return copied
