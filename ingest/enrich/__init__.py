"""What a language model adds to videos and articles: summary, category, tags, a better title."""
