"""Speech to text behind the `Transcriber` protocol."""
