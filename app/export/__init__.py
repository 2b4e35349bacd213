"""Export the recommendations of all readers: plan shards, rank them with an engine, merge them into one file."""
