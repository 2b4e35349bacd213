"""The feeds of an address: those of a YouTube channel or playlist, else the address itself."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from shortlist.core.errors import UsageError

FEED = "https://www.youtube.com/feeds/videos.xml?"
YOUTUBE_HOSTS = ("youtube.com", "www.youtube.com", "m.youtube.com")
CHANNEL = re.compile(r"/channel/UC([\w-]{22})(?:/.*)?|/feeds/videos\.xml\?channel_id=UC([\w-]{22})", re.ASCII)
PLAYLIST = re.compile(r"[?&](?:list|playlist_id)=([\w-]+)", re.ASCII)


def feeds_of(address: str) -> tuple[str, ...]:
    """Return the addresses of the feed of `address`, the best first; the others take its place if it is missing.

    The best of a YouTube channel is the feed of its short videos. Raises `UsageError` for an address without a feed.
    """
    parts = _split(address)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            "nothing that can be followed", expected="an address with http:// or https://, or an OPML file",
            found=repr(address), remedy="correct the address",
        )  # fmt: skip
    if parts.hostname not in YOUTUBE_HOSTS:
        return (address,)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if channel := CHANNEL.fullmatch(path):
        name = channel[1] or channel[2]
        return (f"{FEED}playlist_id=UUSH{name}", f"{FEED}channel_id=UC{name}")
    if playlist := PLAYLIST.search(path):
        return (f"{FEED}playlist_id={playlist[1]}",)
    raise UsageError(
        "a YouTube address without a feed", expected="…/channel/UC… or …/playlist?list=…", found=address,
        remedy="open the channel, choose Share channel, Copy channel ID, and follow "
        "https://www.youtube.com/channel/ID",
    )  # fmt: skip


def followed_address(address: str) -> str:
    """Return the address by which a feed is followed: that of the channel for the feed of a YouTube channel."""
    parts = _split(address)
    if parts is None or parts.hostname not in YOUTUBE_HOSTS:
        return address
    channel = CHANNEL.fullmatch(parts.path + (f"?{parts.query}" if parts.query else ""))
    return f"https://www.youtube.com/channel/UC{channel[1] or channel[2]}" if channel else address


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None
