"""Categories and their attributes, service listings, moderation; browse and search. A listing is shown while published, its firm active and its licence valid."""
