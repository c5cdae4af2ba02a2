"""Ratings of finished orders by the client and the firm's reply. A review is never deleted."""
