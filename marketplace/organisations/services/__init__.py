"""Use cases of organisations: signing up, verification, licences, bringing many in by a file."""

from marketplace.notifications.services import (
    register_recipients,
)
from marketplace.organisations.queries import (
    member_user_ids,
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
from marketplace.organisations.services.importing import (
    ImportResult,
    export_clients,
    export_firms,
    import_clients,
    import_firms,
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
from marketplace.organisations.services.overriding import (
    approve_uscc_override,
    propose_uscc_override,
    reject_uscc_override,
    withdraw_uscc_override,
)
from marketplace.organisations.services.registering import (
    OrganisationFacts,
    edit_organisation,
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
    "ImportResult",
    "LicenceFacts",
    "OrganisationFacts",
    "add_licence",
    "announce_closing",
    "approve_change",
    "approve_licence",
    "approve_organisation",
    "approve_uscc_override",
    "claim_case",
    "claim_first",
    "close_organisation",
    "confirm_facts",
    "correct_licence",
    "earliest_closing",
    "edit_organisation",
    "expire_licences",
    "export_clients",
    "export_firms",
    "import_clients",
    "import_firms",
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
    "request_change",
    "restore_organisation",
    "resubmit_change",
    "return_change",
    "return_licence",
    "return_organisation",
    "reveal_contact",
    "reverify_organisation",
    "revoke_licence",
    "sign_up_organisation",
    "submit_verification",
    "suspend_organisation",
    "withdraw_change",
    "withdraw_closing",
    "withdraw_uscc_override",
]
