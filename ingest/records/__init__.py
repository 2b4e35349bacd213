"""Rows to records: videos, articles, readers, events."""
