"""Sentence encoders behind the `Encoder` seam."""
