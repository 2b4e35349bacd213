"""The catalogue: one module a table."""
