"""Answers to the queries of a task: the protocol, Shortlist's recommender behind it, and batches of answers on disk."""
