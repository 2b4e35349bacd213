"""Build objects from a configuration, and run the commands."""
