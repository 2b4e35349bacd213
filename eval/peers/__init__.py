"""Outside systems in the same harness: same data, same candidates, same metrics. They need the extra `bench`."""
