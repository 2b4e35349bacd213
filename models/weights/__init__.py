"""Finding, downloading and verifying model weights."""
