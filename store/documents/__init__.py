"""Transcripts and summaries as Chroma documents."""
