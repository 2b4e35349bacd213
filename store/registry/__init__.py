"""Versions of trained models: immutable, signed, and one of them in use."""
