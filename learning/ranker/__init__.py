"""Training of the ranker: lists with a hidden act, a leakage audit, and a logistic regression."""
