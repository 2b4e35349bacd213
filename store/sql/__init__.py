"""The SQL layer: engines, schema, dialects, errors."""
