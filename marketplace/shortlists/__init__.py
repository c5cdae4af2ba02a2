"""Deciding: favourites of a person, shortlists of an organisation (or of a person without one), comparison of up to four services.

Each kept service remembers the version and the price that were seen, so that what changed since can be told. Nothing here is public.
"""
