"""Convert rows to records: videos, articles, readers, events."""
