"""The `ingest` commands."""
