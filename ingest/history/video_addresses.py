"""Addresses of videos on the sites that people watch, and of YouTube's own front ends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qs, urlsplit

# The paths of videos by the last labels of the host. A path that does not match is a page about something else.
SITES: Mapping[str, re.Pattern[str]] = {
    host: re.compile(pattern, re.ASCII)
    for host, pattern in {
        "arte.tv": r"/[a-z]{2}/videos/[\w-]+",
        "bilibili.com": r"/video/(?:BV|av)\w+",
        "clips.twitch.tv": r"/[\w-]+",
        "dailymotion.com": r"/video/\w+",
        "facebook.com": r"/(?:reel/\d+|[\w.]+/videos/(?:[\w-]+/)?\d+)",
        "instagram.com": r"/(?:[\w.]+/)?reels?/[\w-]+",
        "nebula.tv": r"/videos/[\w-]+",
        "nicovideo.jp": r"/watch/\w+",
        "odysee.com": r"/@[^/]+/[^/]+",
        "rumble.com": r"/v\w+-[\w.-]+\.html",
        "ted.com": r"/talks/\w+",
        "tiktok.com": r"/@[\w.-]+/video/\d+",
        "tiktokv.com": r"/share/video/\d+",
        "twitch.tv": r"/(?:videos/\d+|\w+/clip/[\w-]+)",
        "vimeo.com": r"/(?:(?:channels|groups|showcase)/[\w/-]+/)?\d+",
    }.items()
}
PEERTUBE = re.compile(r"/(?:w/[1-9A-HJ-NP-Za-km-z]{22}|videos/watch/[0-9a-f]{8}-[0-9a-f-]{27})", re.ASCII)
YOUTUBE_HOSTS = ("youtube.com", "youtube-nocookie.com")
FRONT_ENDS = ("invidious.", "inv.", "piped.", "yewtu.be")  # of YouTube
YOUTUBE_PATH = re.compile(r"/(?:shorts|embed|live|v)/([\w-]{11})(?:/|$)", re.ASCII)
YOUTUBE_ID = re.compile(r"[\w-]{11}", re.ASCII)


def video_address(url: str) -> str | None:
    """Return the address of the video without all that only says how one came there, or None if it is no video."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").casefold()
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    if host == "youtu.be":
        return youtube_address(parts.path[1:12])
    if _is_youtube(host):
        return _youtube(YOUTUBE_PATH.match(parts.path), parts)
    path = next((path for site, path in SITES.items() if _belongs(host, site)), PEERTUBE)
    found = path.fullmatch(parts.path.rstrip("/"))
    return f"https://{host}{found[0]}" if found else None


def youtube_address(video_id: str) -> str | None:
    """Return the address of a video of YouTube, or None if the id is none."""
    return f"https://www.youtube.com/watch?v={video_id}" if YOUTUBE_ID.fullmatch(video_id) else None


def is_video_site(host: str) -> bool:
    """Say whether a host is one of the sites, so that its other pages are no articles."""
    return _is_youtube(host) or any(_belongs(host, site) for site in SITES)


def _is_youtube(host: str) -> bool:
    return host == "youtu.be" or host.startswith(FRONT_ENDS) or any(_belongs(host, site) for site in YOUTUBE_HOSTS)


def _youtube(path: re.Match[str] | None, parts: SplitResult) -> str | None:
    if path is None:
        return youtube_address(parse_qs(parts.query).get("v", [""])[0]) if parts.path == "/watch" else None
    return f"https://www.youtube.com/shorts/{path[1]}" if path[0].startswith("/shorts/") else youtube_address(path[1])


def _belongs(host: str, site: str) -> bool:
    return host == site or host.endswith(f".{site}")
