"""Use cases of organisations: signing up, verification, licences, bringing many in by a file."""

from marketplace.notifications.services import (
    register_recipients,
)
from marketplace.organisations.queries import (
    member_user_ids,
)
from marketplace.organisations.services.banking import (
    change_approval_limit,
    change_bank_account,
    change_invoice_data,
    reveal_bank_account,
    reveal_invoice_account,
)
from marketplace.organisations.services.changing import (
    approve_change,
    request_change,
    resubmit_change,
    return_change,
    withdraw_change,
)
from marketplace.organisations.services.claiming import (
    claim_case,
    claim_first,
    release_case,
)
from marketplace.organisations.services.closing import (
    announce_closing,
    close_organisation,
    earliest_closing,
    list_closing_blockers,
    register_closing_blocker,
    withdraw_closing,
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
from marketplace.organisations.services.lapsing import (
    expire_licences,
    remind_of_expiry,
    remind_of_verification,
)
from marketplace.organisations.services.licensing import (
    LicenceFacts,
    add_licence,
    approve_licence,
    correct_licence,
    return_licence,
    revoke_licence,
)
from marketplace.organisations.services.membership import (
    change_role,
    leave_organisation,
    remove_member,
)
from marketplace.organisations.services.overriding import (
    approve_uscc_override,
    propose_uscc_override,
    reject_uscc_override,
    withdraw_uscc_override,
)
from marketplace.organisations.services.registering import (
    OrganisationFacts,
    open_organisation_account,
    register_organisation,
    sign_up_organisation,
)
from marketplace.organisations.services.revealing import (
    reveal_contact,
)
from marketplace.organisations.services.reverifying import (
    confirm_facts,
    remind_overdue,
    reverify_organisation,
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
    "IdentityFacts",
    "ImportResult",
    "LicenceFacts",
    "OrganisationFacts",
    "accept_invitation",
    "add_licence",
    "announce_closing",
    "approve_change",
    "approve_join_request",
    "approve_licence",
    "approve_organisation",
    "approve_uscc_override",
    "ask_to_join",
    "change_approval_limit",
    "change_bank_account",
    "change_invoice_data",
    "change_role",
    "claim_case",
    "claim_first",
    "close_organisation",
    "confirm_facts",
    "correct_licence",
    "decline_join_request",
    "earliest_closing",
    "edit_contacts",
    "edit_identity",
    "edit_public_profile",
    "expire_licences",
    "export_clients",
    "export_firms",
    "import_clients",
    "import_firms",
    "invite_member",
    "lapse_join_requests",
    "leave_organisation",
    "list_closing_blockers",
    "open_organisation_account",
    "propose_uscc_override",
    "register_closing_blocker",
    "register_organisation",
    "reject_uscc_override",
    "release_case",
    "remind_of_expiry",
    "remind_of_verification",
    "remind_overdue",
    "remove_member",
    "request_change",
    "restore_organisation",
    "resubmit_change",
    "return_change",
    "return_licence",
    "return_organisation",
    "reveal_bank_account",
    "reveal_contact",
    "reveal_invoice_account",
    "reverify_organisation",
    "revoke_invitation",
    "revoke_licence",
    "sign_up_by_invitation",
    "sign_up_organisation",
    "sign_up_to_join",
    "submit_verification",
    "suspend_organisation",
    "withdraw_change",
    "withdraw_closing",
    "withdraw_join_request",
    "withdraw_uscc_override",
]
