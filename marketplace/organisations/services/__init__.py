"""Use cases of organisations: signing up, people and roles, money facts, verification, licences, bringing many in by a file."""

from marketplace.notifications.services import register_recipients
from marketplace.organisations.queries import member_user_ids
from marketplace.organisations.services.banking import (
    change_approval_limit,
    change_bank_account,
    change_invoice_data,
    reveal_bank_account,
    reveal_invoice_account,
)
from marketplace.organisations.services.editing import (
    IdentityFacts,
    edit_contacts,
    edit_identity,
    edit_public_profile,
)
from marketplace.organisations.services.importing import (
    ImportResult,
    export_clients,
    export_firms,
    import_clients,
    import_firms,
)
from marketplace.organisations.services.inviting import (
    accept_invitation,
    invite_member,
    revoke_invitation,
    sign_up_by_invitation,
)
from marketplace.organisations.services.joining import (
    approve_join_request,
    ask_to_join,
    decline_join_request,
    lapse_join_requests,
    sign_up_to_join,
    withdraw_join_request,
)
from marketplace.organisations.services.licensing import (
    add_licence,
    approve_licence,
    expire_licences,
    remind_of_expiry,
    return_licence,
    revoke_licence,
)
from marketplace.organisations.services.membership import change_role, leave_organisation, remove_member
from marketplace.organisations.services.registering import (
    OrganisationFacts,
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
    "IdentityFacts", "ImportResult", "OrganisationFacts", "accept_invitation", "add_licence",
    "approve_join_request", "approve_licence", "approve_organisation", "ask_to_join", "change_approval_limit",
    "change_bank_account", "change_invoice_data", "change_role", "decline_join_request", "edit_contacts",
    "edit_identity", "edit_public_profile", "expire_licences", "export_clients", "export_firms", "import_clients",
    "import_firms", "invite_member", "lapse_join_requests", "leave_organisation", "open_organisation_account",
    "register_organisation", "remind_of_expiry", "remove_member", "restore_organisation", "return_licence",
    "return_organisation", "reveal_bank_account", "reveal_invoice_account", "revoke_invitation", "revoke_licence",
    "sign_up_by_invitation", "sign_up_organisation", "sign_up_to_join", "submit_verification",
    "suspend_organisation", "withdraw_join_request",
]  # fmt: skip
