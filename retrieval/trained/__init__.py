"""Trained models of a home, as immutable versions on disk."""
