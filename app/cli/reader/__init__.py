"""Commands on one reader: what they want, what would change their list, and what is stored of them."""
