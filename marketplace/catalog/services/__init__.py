"""Writes of the catalogue: the firm's listings and their changes, the operator's review, categories, ratings and sales, import from files."""

from marketplace.catalog.services.categories import (
    create_category,
    discard_category_draft,
    edit_category_draft,
    open_category_draft,
    publish_category,
)
from marketplace.catalog.services.changing import (
    approve_listing_change,
    cancel_listing_change,
    return_listing_change,
    save_listing_change,
    submit_listing_change,
    take_back_listing_change,
)
from marketplace.catalog.services.copying import copy_listing
from marketplace.catalog.services.importing import SERVICE_COLUMNS, export_services, import_services
from marketplace.catalog.services.listings import (
    create_listing,
    edit_listing,
    record_rating,
    record_sale,
    revise_listing,
    submit_listing,
)
from marketplace.catalog.services.moderation import approve_listing, restore_listing, return_listing, suspend_listing
from marketplace.catalog.services.withdrawing import withdraw_listing

__all__ = [
    "SERVICE_COLUMNS", "approve_listing", "approve_listing_change", "cancel_listing_change", "copy_listing", "create_category",
    "create_listing", "discard_category_draft", "edit_category_draft", "edit_listing", "export_services", "import_services",
    "open_category_draft", "publish_category", "record_rating", "record_sale", "restore_listing", "return_listing",
    "return_listing_change", "revise_listing", "save_listing_change", "submit_listing", "submit_listing_change", "suspend_listing",
    "take_back_listing_change", "withdraw_listing",
]  # fmt: skip
