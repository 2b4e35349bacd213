"""Speech to text behind the `Transcriber` seam."""
