"""Sections of the configuration: what they have in common, and those that are a page of their own."""
