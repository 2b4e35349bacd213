"""Reading rows from JSON Lines, CSV and Parquet."""
