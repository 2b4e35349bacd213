"""The `pipeline` commands."""
