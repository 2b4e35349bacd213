"""A source -> stored records: videos, articles, readers, events."""
