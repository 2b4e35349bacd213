"""Is it better, and is the difference real: data sets, metrics, ablations, reports."""
