"""Ranking metrics and per-query scores."""
