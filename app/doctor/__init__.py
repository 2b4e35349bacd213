"""Checks of `shortlist doctor`: the home, the weights, the language model and the disk."""
