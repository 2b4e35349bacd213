"""Trained item towers: two vectors for each item, and a reader's vector as a weighted sum of those they watched."""
