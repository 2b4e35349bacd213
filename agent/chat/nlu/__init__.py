"""Reading a chat message: grammar, limits, names, topic."""
