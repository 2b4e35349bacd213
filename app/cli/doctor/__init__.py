"""Check the home, and repair what can be derived again."""
