"""Logging: one format on stderr, one level for all of our loggers."""

from __future__ import annotations

import logging
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

# Libraries that log at INFO or WARNING what a user of ours can do nothing about.
NOISY = ("chromadb", "httpx", "httpcore", "faster_whisper", "sentence_transformers", "transformers", "urllib3")


def configure(level: str) -> None:
    """Send log records of `level` ("debug", "info", "warning", "error") and above to stderr."""
    logging.basicConfig(stream=sys.stderr, format=FORMAT, level=level.upper(), force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
