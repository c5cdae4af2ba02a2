"""Writes of deciding: favourites of a person, shortlists and the services on them."""

from marketplace.shortlists.services.favourites import accept_favourite, drop_favourite, keep_favourite
from marketplace.shortlists.services.items import accept_item, add_to_shortlist, note_item, remove_from_shortlist
from marketplace.shortlists.services.lists import (
    archive_shortlist,
    copy_shortlist,
    create_shortlist,
    edit_shortlist,
    reopen_shortlist,
)

__all__ = [
    "accept_favourite", "accept_item", "add_to_shortlist", "archive_shortlist", "copy_shortlist", "create_shortlist",
    "drop_favourite", "edit_shortlist", "keep_favourite", "note_item", "remove_from_shortlist", "reopen_shortlist",
]  # fmt: skip
