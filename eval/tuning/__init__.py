"""Choosing weights, blend and gate on one data set."""
