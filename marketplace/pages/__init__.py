"""Pages that belong to no single domain: home, my desk, legal pages, health."""
