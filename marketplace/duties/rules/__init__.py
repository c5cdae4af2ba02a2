"""The pure rules of documents, consents and requests."""
