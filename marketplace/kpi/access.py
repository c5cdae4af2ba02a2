"""Who sees what stands behind the public figures."""

from marketplace.core.actor import Actor


def can_see_kpi_names(actor: Actor) -> bool:
    """Clients' names, codes and single amounts: the park's operators, the bureau, the auditor. Everybody else sees masked rows."""
    return actor.is_staff("operator", "bureau", "auditor")


def can_close_months(actor: Actor) -> bool:
    """Closing is the calendar's: the scheduler and the shell do it, an operator may start it."""
    return actor.system in ("scheduler", "cli") or actor.is_staff("operator")
