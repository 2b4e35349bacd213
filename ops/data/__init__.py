"""Arriving files: taken once, checked by rules, stored or put aside."""
