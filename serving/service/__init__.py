"""The service behind the API, the web page and MCP."""
