"""Ingest videos, articles, readers and events: from a source to stored records."""
