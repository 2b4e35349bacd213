"""Parser of chat messages: grammar, limits, names, topic."""
