"""Who may look at what people search for, and who may change what the words mean."""

from marketplace.core.actor import Actor


def can_read_search_words(actor: Actor) -> bool:
    """Queries (no persons in them) and word lists are for those who look after the market."""
    return actor.is_staff("operator", "service")


def can_change_search_words(actor: Actor) -> bool:
    """A word changes what everybody finds: operators only."""
    return actor.is_staff("operator")
