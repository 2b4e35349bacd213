"""Shards of readers -> one file: plan, work, join. Any engine runs the same batch function."""
