"""Persistent state: the catalogue in SQL, transcripts and summaries in Chroma, caches."""
