"""Messages to people: a row in the change's own transaction for the in-site inbox, a mail (or SMS) through the outbox.

Nouns: a *notification* is an event with its parameters for one person; its text is a template, `templates/notifications/<event>.txt`,
whose first line is the subject. Who stands behind an organisation, the domain above registers.
"""
