"""Data sets as Shortlist's own records: videos, articles, readers and their past events."""
