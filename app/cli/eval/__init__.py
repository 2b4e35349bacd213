"""The `eval` commands."""
