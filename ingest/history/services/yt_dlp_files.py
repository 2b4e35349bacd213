"""What yt-dlp leaves behind: `*.info.json` beside media, and its archive of downloads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shortlist.ingest.history.acts import Act, Found, LeftOut, epoch
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.text import Head, json_document, open_text
from shortlist.ingest.history.video_addresses import video_address, youtube_address

INFO = re.compile(r'"(?:extractor_key|_version|webpage_url|ext)"\s*:')
ARCHIVE = re.compile(r"(?:[a-z][\w:+.-]* [^\s]+\r?\n)*[a-z][\w:+.-]* [^\s]*(?:\r?\n)?")
NO_VIDEO = LeftOut("playlists and entries without the address of a video")
OTHER_SITE = LeftOut("downloads of other sites than YouTube: the archive has no addresses")


def is_info(head: Head) -> float:
    """Fields of a video; they come in any order, after formats that may fill the beginning."""
    named = head.name.casefold().endswith(".info.json")
    return 0.9 if head.text.startswith("{") and (named or len(set(INFO.findall(head.text))) > 2) else 0.0


def read_info(part: Part) -> Iterator[Found]:
    """Yield a save: whoever downloads a video wants it, and need not have seen it."""
    info = json_document(part.path)
    url = str(info.get("webpage_url") or info.get("original_url") or "") if isinstance(info, dict) else ""
    if not url.startswith("http") or info.get("_type", "video") != "video":
        yield NO_VIDEO
        return
    length = info.get("duration")
    yield Act(
        "save", epoch(info.get("epoch")), video_address(url) or url, str(info.get("title") or ""),
        str(info.get("channel") or info.get("uploader") or ""),
        length_s=float(length) if isinstance(length, int | float) else None, text=str(info.get("description") or ""),
    )  # fmt: skip


def is_archive(head: Head) -> float:
    """Lines of a site and an id."""
    text = head.text[:10_000]
    return 0.8 if re.search(r"(?m)^youtube [\w-]{11}\r?$", text) and ARCHIVE.fullmatch(text) else 0.0


def read_archive(part: Part) -> Iterator[Found]:
    """Yield a save for each video of YouTube. The archive has neither titles nor times."""
    with open_text(part.path) as file:
        for line in filter(str.strip, file):
            site, _, video = line.strip().partition(" ")
            url = youtube_address(video) if site == "youtube" else None
            yield Act("save", None, url) if url else OTHER_SITE


def register() -> None:
    """Add the importers to the table."""
    IMPORTERS.add("yt-dlp-info", Importer("yt-dlp (info.json)", is_info, read_info))
    IMPORTERS.add("yt-dlp-archive", Importer("yt-dlp archive", is_archive, read_archive))
