"""Other systems, measured with the same data, candidates and metrics. They need the extra `bench`."""
