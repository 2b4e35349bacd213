"""Languages of the chat: recognise Spanish and German, read their fixed phrases, and reply in them."""
