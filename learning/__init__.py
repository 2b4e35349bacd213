"""Training on readers' events: towers, the ranker, and the receipts of their versions."""
