"""Logging: one format on stderr, one level for all of our loggers."""

from __future__ import annotations

import logging
import sys

from shortlist.core.display import printable

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

# Libraries whose INFO and WARNING records are of no use to our users.
NOISY = ("chromadb", "httpx", "httpcore", "faster_whisper", "sentence_transformers", "transformers", "urllib3")


class PrintableFormatter(logging.Formatter):
    """A formatter whose lines cannot control the terminal: messages quote titles, addresses and server responses."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        return printable(super().format(record))


def configure(level: str) -> None:
    """Send log records of `level` ("debug", "info", "warning", "error") and above to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PrintableFormatter(FORMAT))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
