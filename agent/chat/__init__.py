"""The chat: a message becomes a typed action, which runs on the same objects as the commands."""
