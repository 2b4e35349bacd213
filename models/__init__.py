"""Every neural network behind a seam: encoder, language model, speech; and finding their weights."""
