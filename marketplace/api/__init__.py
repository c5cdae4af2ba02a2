"""The JSON interface under /api/v1, one file per resource."""
