"""Reads of the catalogue: one listing, a firm's and the operator's lists, the search."""

from marketplace.catalog.queries.changes import (
    diff_of,
    each_listing_change,
    find_open_listing_change,
    get_listing_change,
    get_open_listing_change,
    list_listing_changes,
    open_changes_of,
)
from marketplace.catalog.queries.editions import list_versions
from marketplace.catalog.queries.history import describe_version, describe_versions, list_history
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
    was_public,
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
from marketplace.catalog.queries.taxonomy import definition_of, refresh
from marketplace.catalog.queries.understood import understood_labels

__all__ = [
    "EXPORT_CAP", "Card", "SearchPage", "can_be_seen", "category_counts", "content_of", "count_submitted_listings",
    "covers_of", "definition_of", "describe_listing", "describe_version", "describe_versions",
    "diff_of", "draft_of", "each_listing_change", "find_all",
    "find_open_listing_change", "get_listing", "get_listing_change", "get_open_listing_change", "get_visible_listing",
    "get_withdrawn_listing", "held_licences", "list_cards", "list_firm_listings", "list_history",
    "list_listing_changes", "list_submitted_listings", "list_versions", "open_changes_of", "refresh", "rows_for_export",
    "rows_of_queue", "search_services", "suggest_services", "understood_labels", "visible_ids", "was_public",
]  # fmt: skip
