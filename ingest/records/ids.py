"""Make ids for records that come without one: equal for the same address or text, whenever they are ingested."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import urlsplit

YOUTUBE = re.compile(
    r"(?:youtube\.com/(?:watch\?(?:.*&)?v=|shorts/|embed/|live/)|youtu\.be/)([\w-]{11})(?![\w-])", re.ASCII
)


def address_id(url: str) -> str:
    """Return an id for an address: `youtube:ID` as for a downloaded video, else a hash.

    The scheme, the case of the host, a final slash and the fragment do not count.
    """
    if youtube := YOUTUBE.search(url):
        return f"youtube:{youtube[1]}"
    parts = urlsplit(url.strip())
    plain = f"{parts.netloc.casefold()}{parts.path.rstrip('/')}?{parts.query}"
    return f"url:{_digest(plain)}"


def text_id(title: str, body: str) -> str:
    """Return an id for a text: equal for texts that differ only in case, white space or Unicode form."""
    normalised = " ".join(unicodedata.normalize("NFKC", f"{title}\n{body}").casefold().split())
    return f"text:{_digest(normalised)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
