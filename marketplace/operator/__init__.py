"""The park operator's desk: one file per area it works on. Operators use the same services as everybody, under their own permissions."""
