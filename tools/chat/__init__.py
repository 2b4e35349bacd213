"""Training of the chat's intent classifier and topic tagger."""
