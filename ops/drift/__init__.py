"""What changed from the days before: features, embeddings and answers, against the days' own spread."""
