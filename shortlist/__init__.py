"""Recommends short videos to people from what they read and watch, with a local language model."""
