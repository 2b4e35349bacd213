"""Reranks the best candidates for a reader with a language model: policy, one file a method, blend."""
