"""Prompts for language models, one .md file each, and their loader."""
