"""Untrusted text made safe for a prompt."""
