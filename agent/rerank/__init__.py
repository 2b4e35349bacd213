"""Asking a language model which of the best candidates a reader wants: the seam, and one file a method."""
