"""People: sign-up, sign-in, sessions that can be revoked, staff roles.

Nouns: a *user* is one person with an e-mail address or a mobile number and a password; a *session* is one sign-in on one device; a
*staff role* makes a user one of the park's own people. What a user may do for an organisation is a membership, which lives above.

Invariants: a cookie holds a random token and the table only its hash; a revoked, idle or old session is dead everywhere at once;
a wrong password and an unknown account cost one argon2 verification each and read the same.
"""
