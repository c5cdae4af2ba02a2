"""Who is acting: a frozen value built once per request, read by every `can_…`, by audit and by the route guards."""

from collections.abc import Callable
from dataclasses import dataclass, field

STAFF_ROLES = ("service", "reviewer", "operator", "finance", "bureau", "admin", "security", "auditor")
BUSINESS_STAFF = ("service", "reviewer", "operator", "finance", "bureau", "auditor")
"""Who works on the park's business, or supervises it; `admin` and `security` run the system and see no business files."""
OFFICERS = ("admin", "security", "auditor")
"""三员分立 (GB/T 22239-2019): system, security and audit administration are never in one hand."""
MEMBER_ROLES = ("admin", "business", "purchasing", "finance", "viewer")


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's role in one organisation, with that organisation's kind and state as of this request."""

    organisation_id: int
    kind: str
    role: str
    state: str


@dataclass(frozen=True, slots=True)
class Actor:
    """A person with their memberships and staff roles, or a part of the system that acts on its own."""

    user_id: int | None = None
    memberships: tuple[Membership, ...] = ()
    staff: frozenset[str] = field(default_factory=frozenset)
    system: str | None = None
    name: str = ""
    is_confirmed: bool = False  # has shown the password or second factor again within the last minutes

    @property
    def is_signed_in(self) -> bool:
        return self.user_id is not None

    def is_staff(self, *roles: str) -> bool:
        """Has one of these staff roles (any staff role when none is named)."""
        return bool(self.staff & set(roles)) if roles else bool(self.staff)

    def membership(self, organisation_id: int | None) -> Membership | None:
        return next((m for m in self.memberships if m.organisation_id == organisation_id), None)

    def is_member(self, organisation_id: int | None) -> bool:
        return self.membership(organisation_id) is not None

    def has_role(self, organisation_id: int | None, *roles: str) -> bool:
        """Is a member of the organisation in one of these roles; an organisation's admin has every role."""
        found = self.membership(organisation_id)
        return found is not None and (found.role == "admin" or found.role in roles)

    def _first(self, kind: str) -> Membership | None:
        return next((m for m in self.memberships if m.kind == kind), None)

    @property
    def firm_id(self) -> int | None:
        found = self._first("firm")
        return found.organisation_id if found else None

    @property
    def client_id(self) -> int | None:
        found = self._first("client")
        return found.organisation_id if found else None

    @property
    def organisation_id(self) -> int | None:
        """The organisation this person acts for, if any."""
        return self.memberships[0].organisation_id if self.memberships else None

    @property
    def audit_name(self) -> str:
        """How the audit trail names the actor: never by e-mail or name."""
        return self.system or (f"user:{self.user_id}" if self.user_id is not None else "anonymous")


ANONYMOUS = Actor()
SCHEDULER = Actor(system="scheduler")
CLI = Actor(system="cli")
STRIPE = Actor(system="stripe")

_loader: Callable[[], Actor] = lambda: ANONYMOUS  # noqa: E731


def set_loader(loader: Callable[[], Actor]) -> None:
    """Tell core how the web layer finds the present actor; wired once in app.py, so that core knows no accounts."""
    global _loader
    _loader = loader


def current_actor() -> Actor:
    """The actor of the request under way; ANONYMOUS outside one."""
    return _loader()
