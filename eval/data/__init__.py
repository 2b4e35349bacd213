"""Readers of public data sets, one module for each kind of SPEC."""
