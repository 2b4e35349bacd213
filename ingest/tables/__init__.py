"""Read rows from JSON Lines, CSV, Parquet and tables in memory."""
