"""Offline evaluation: data sets, metrics, significance tests, ablations, tuning and reports."""
