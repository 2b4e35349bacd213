"""Simulate readers with a known taste."""
