"""The table of steps and its runs."""
