"""Orders: placed by a client, confirmed by the firm, paid, delivered by milestone, accepted, released.

Nouns: order, milestone, delivery, remark. Prices and terms are copied when placed and never change; milestones add up to the
total to the 分; commission is frozen at placing and floored per milestone; an accepted milestone's money moves exactly once.
"""
