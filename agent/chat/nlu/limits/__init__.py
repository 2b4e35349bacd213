"""Limits of a message: duration, date, names, exclusions, count and seen videos."""
