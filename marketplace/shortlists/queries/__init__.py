"""Reads of deciding: what is kept with what changed since, shortlists, services side by side."""

from marketplace.shortlists.queries.comparing import compare_services, visible_services
from marketplace.shortlists.queries.favourites import favourite_ids, list_favourites
from marketplace.shortlists.queries.kept import with_changes
from marketplace.shortlists.queries.lists import (
    each_shortlist,
    find_item,
    get_shortlist,
    list_editable_shortlists,
    list_shortlists,
    shortlist_services,
)

__all__ = [
    "compare_services", "each_shortlist", "favourite_ids", "find_item", "get_shortlist", "list_editable_shortlists", "list_favourites",
    "list_shortlists", "shortlist_services", "visible_services", "with_changes",
]  # fmt: skip
