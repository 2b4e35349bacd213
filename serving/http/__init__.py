"""ASGI middleware, authentication, and the HTTP server."""
