"""Simulated readers with a known taste."""
