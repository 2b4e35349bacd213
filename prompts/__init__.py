"""Every word said to an LLM: one .md file a prompt, with a header; and its loader."""
