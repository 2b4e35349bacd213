"""Erase everything that the catalogue stores of a reader, a video or an article."""
