"""Categories and their attributes, service listings, moderation; browse and search.

A listing is shown while it is published, its firm is active and its licence is valid today.
"""
