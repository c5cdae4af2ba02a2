"""Orders: placed by a client, confirmed by the firm, paid, delivered by milestone, accepted. Prices and terms are copied when placed."""
