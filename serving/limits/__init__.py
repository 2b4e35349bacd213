"""Limits: the model queue, deadlines, and those shared between processes."""
