"""Query -> Ranking: lexical, dense and other legs, fusion, filters."""
