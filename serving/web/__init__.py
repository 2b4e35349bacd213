"""The web page (Gradio): recommendations for a reader, chat, comparison, and ingest."""
