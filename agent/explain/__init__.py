"""Reasons and evidence of recommendations."""
