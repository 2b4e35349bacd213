"""Add a summary, a category, tags and a better title to videos and articles with a language model."""
