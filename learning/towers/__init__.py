"""Training of the item towers. Torch is imported in this folder only."""
