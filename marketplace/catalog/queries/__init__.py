"""Reads of the catalogue: one listing, a firm's and the operator's lists, the search."""

from marketplace.catalog.queries.listings import (
    can_be_seen,
    content_of,
    count_submitted_listings,
    covers_of,
    describe_listing,
    draft_of,
    get_listing,
    get_visible_listing,
    get_withdrawn_listing,
    held_licences,
    list_firm_listings,
    list_submitted_listings,
    rows_for_export,
    rows_of_queue,
    visible_ids,
)
from marketplace.catalog.queries.search import (
    EXPORT_CAP,
    Card,
    SearchPage,
    category_counts,
    find_all,
    list_cards,
    search_services,
    suggest_services,
)
from marketplace.catalog.queries.understood import understood_labels

__all__ = [
    "EXPORT_CAP", "Card", "SearchPage", "can_be_seen", "category_counts", "content_of", "count_submitted_listings", "covers_of",
    "describe_listing", "draft_of", "find_all", "get_listing", "get_visible_listing", "get_withdrawn_listing", "held_licences",
    "list_cards", "list_firm_listings", "list_submitted_listings", "rows_for_export", "rows_of_queue", "search_services",
    "suggest_services", "understood_labels", "visible_ids",
]  # fmt: skip
