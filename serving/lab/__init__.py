"""The laboratory (Gradio): simulated readers, comparison of variants, reports, and ingest."""
