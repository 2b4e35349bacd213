"""Followed feeds: fetched politely, and their entries stored as videos without a download."""
