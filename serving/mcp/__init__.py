"""The MCP server, which offers Shortlist as tools to language models."""
