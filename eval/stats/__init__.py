"""Significance tests, effect sizes, comparisons."""
