"""Retrieval, from `Query` to `Ranking`: lexical, dense and other legs, fusion, filters, diversity."""
