"""A data set as the product sees it: stored videos, readers and what they did before they asked."""
