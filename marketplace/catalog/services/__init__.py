"""Writes of the catalogue: the firm's listings, the operator's review, categories, ratings and sales, import from files."""

from marketplace.catalog.services.categories import (
    create_category,
    discard_category_draft,
    edit_category_draft,
    open_category_draft,
    publish_category,
)
from marketplace.catalog.services.importing import SERVICE_COLUMNS, export_services, import_services
from marketplace.catalog.services.listings import (
    create_listing,
    edit_listing,
    record_rating,
    record_sale,
    revise_listing,
    submit_listing,
    withdraw_listing,
)
from marketplace.catalog.services.moderation import approve_listing, restore_listing, return_listing, suspend_listing

__all__ = [
    "SERVICE_COLUMNS", "approve_listing", "create_category", "create_listing", "discard_category_draft",
    "edit_category_draft", "edit_listing", "export_services", "import_services", "open_category_draft", "publish_category",
    "record_rating", "record_sale", "restore_listing", "return_listing", "revise_listing", "submit_listing",
    "suspend_listing", "withdraw_listing",
]  # fmt: skip
