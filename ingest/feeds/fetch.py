"""Fetch a feed through the network guard: only if it has changed, and within bounds on its size and time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from shortlist.core.errors import MediaError
from shortlist.ingest.media.error_messages import fetch_error
from shortlist.ingest.media.yt_dlp_client import translated_errors

MAX_BYTES = 8_000_000
MAX_SECONDS = 60.0
PIECE = 65_536
NOT_MODIFIED = 304
GONE = (404, 410)
BUSY = (429, 503)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a server: content with its validators, or none if nothing has changed or it is missing."""

    status: int
    data: bytes = b""
    etag: str = ""
    modified: str = ""
    retry_after: str = ""


def fetch(client: Any, address: str, etag: str = "", modified: str = "") -> Answer:
    """Ask for the feed at `address` with yt-dlp's `client`.

    Raises `MediaError` for a refused address, a broken connection, and content that is too large or too slow.
    """
    from yt_dlp.networking import Request
    from yt_dlp.networking.exceptions import HTTPError

    validators = {"If-None-Match": etag, "If-Modified-Since": modified}
    headers = {"Accept-Encoding": "identity", **{name: value for name, value in validators.items() if value}}
    with translated_errors(address):
        try:
            response = client.urlopen(Request(address, headers=headers))
        except HTTPError as error:
            error.response.close()
            return Answer(error.status, retry_after=error.response.headers.get("Retry-After") or "")
        with response:
            data = _read(response, address)
    return Answer(
        response.status, data, response.headers.get("ETag") or "", response.headers.get("Last-Modified") or ""
    )


def _read(response: Any, address: str) -> bytes:
    ends = time.monotonic() + MAX_SECONDS
    pieces, size = [], 0
    while piece := response.read(PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BYTES or time.monotonic() > ends:
            raise _over(address, f"more than {MAX_BYTES // 1_000_000} MB or {MAX_SECONDS:.0f} s")
    return b"".join(pieces)


def _over(address: str, found: str) -> MediaError:
    return fetch_error(address, "feed-too-large", found, "follow another feed of it")
