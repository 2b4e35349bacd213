"""Shortlist served: an HTTP API, a web page and an MCP server, thin over the objects of the command line."""
