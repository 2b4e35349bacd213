"""The MCP server: Shortlist as tools for other programs' language models."""
