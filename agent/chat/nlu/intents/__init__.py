"""Statistical reading of messages: an intent classifier, a tagger of topics, and the actions of intents."""
