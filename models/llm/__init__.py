"""Language models behind the `LanguageModel` seam."""
