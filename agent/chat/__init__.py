"""Talking with Shortlist: a message becomes a typed action, the action runs on the same objects as the commands."""
