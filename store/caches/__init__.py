"""Caches of model completions and of embeddings."""
