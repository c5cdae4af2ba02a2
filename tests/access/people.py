"""Who knocks: the people of the access matrix, in the groups that are its columns.

`firm` and `client` are the two organisations whose objects the rows speak of (the client has orders with the firm); `other` are the
administrators of another firm and another client, who have nothing to do with either; `person` has an account and no organisation.
"""

from marketplace.core.actor import STAFF_ROLES

GROUPS: dict[str, tuple[str, ...]] = {
    "anonymous": ("anonymous",),
    "person": ("person",),
    "firm": ("admin", "business", "finance", "viewer"),
    "client": ("admin", "purchasing", "finance", "viewer"),
    "other": ("firm", "client"),
    "staff": STAFF_ROLES,
}


def full_name(group: str, member: str) -> str:
    """`firm.viewer`, `other.client`, `staff.auditor`, and plainly `anonymous`, `person`."""
    return group if GROUPS[group] == (group,) else f"{group}.{member}"


def members_of(group: str) -> list[str]:
    return [full_name(group, member) for member in GROUPS[group]]


PEOPLE = tuple(person for group in GROUPS for person in members_of(group))


def group_of(person: str) -> str:
    return person.partition(".")[0]


def named(words: str) -> set[str]:
    """The people whom a list of words means: whole groups (`firm`), single people (`firm.admin`), `everybody`, `nobody`."""
    found: set[str] = set()
    for word in words.split():
        group, _, members = word.partition(".")
        if word == "everybody":
            found.update(PEOPLE)
        elif word != "nobody":
            chosen = members.split(",") if members else GROUPS[group]
            assert set(chosen) <= set(GROUPS[group]), f"there is no {word}"
            found.update(full_name(group, member) for member in chosen)
    return found
