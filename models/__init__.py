"""Neural networks behind protocols (encoders, language models, speech), and the files of their weights."""
