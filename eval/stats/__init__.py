"""Significance tests and effect sizes."""
