"""The feature store: definitions, history by day in Parquet files, newest values in SQL."""
