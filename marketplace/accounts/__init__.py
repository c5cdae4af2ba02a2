"""People: sign-up, sign-in, sessions that can be revoked, profile. A user is one person; what they may do follows from staff roles and memberships."""
