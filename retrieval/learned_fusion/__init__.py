"""The learned fusion: features of the candidates, and their sum by the trained ranker."""
