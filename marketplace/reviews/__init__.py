"""Reviews: a client rates a completed order once, the firm replies once.

Nouns: review, reply. Only completed orders can be rated (电子商务法 17); a review's words are never changed or deleted
(电子商务法 39), which the database holds too; the listing's rating moves in the same transaction.
"""
