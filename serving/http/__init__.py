"""HTTP middleware and the server."""
