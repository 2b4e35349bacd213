"""Train models on what this home holds."""
