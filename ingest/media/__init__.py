"""Videos from files, addresses and object storage: sources, download, transcription, storage."""
