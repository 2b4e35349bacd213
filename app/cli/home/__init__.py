"""Commands that look after a home: its state, its backups, its derived data."""
