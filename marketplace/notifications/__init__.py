"""Messages to people: stored with the change, delivered after commit, read in the inbox."""
