"""What the platform owes by law to the people whose data it holds, and how long it keeps what.

Nouns: a *document* is one of the platform's rules or notices, its text a file of a *version*; a *consent* is one person's yes (or a later no)
to a version; an *own-data export* is the copy of everything held of a person; a *data request* is a question, correction or complaint that
a person cannot settle alone; a *retention rule* says how long a kind of data is kept, a *legal hold* stops it for somebody or something.

Invariants: a published version never changes (its digest is tested) and a new one takes effect seven days after publication at the earliest;
consents are never edited, and never deleted while the account is open; a copy is fetched once, by its person; closing an account masks the
person and keeps what happened; retention touches nothing that is held, younger than its rule, money, an order or the audit trail.
"""
