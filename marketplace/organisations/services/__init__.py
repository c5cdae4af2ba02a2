"""Use cases of organisations: signing up, verification, licences, bringing many in by a file."""

from marketplace.notifications.services import register_recipients
from marketplace.organisations.queries import member_user_ids
from marketplace.organisations.services.importing import (
    ImportResult,
    export_clients,
    export_firms,
    import_clients,
    import_firms,
)
from marketplace.organisations.services.licensing import (
    add_licence,
    approve_licence,
    expire_licences,
    remind_of_expiry,
    return_licence,
    revoke_licence,
)
from marketplace.organisations.services.registering import (
    OrganisationFacts,
    edit_organisation,
    open_organisation_account,
    register_organisation,
    sign_up_organisation,
)
from marketplace.organisations.services.verifying import (
    approve_organisation,
    restore_organisation,
    return_organisation,
    submit_verification,
    suspend_organisation,
)

register_recipients("organisation", member_user_ids)

__all__ = [
    "ImportResult", "OrganisationFacts", "add_licence", "approve_licence", "approve_organisation", "edit_organisation",
    "expire_licences", "export_clients", "export_firms", "import_clients", "import_firms", "open_organisation_account",
    "register_organisation", "remind_of_expiry", "restore_organisation", "return_licence", "return_organisation",
    "revoke_licence", "sign_up_organisation", "submit_verification", "suspend_organisation",
]  # fmt: skip
