"""Convert yt-dlp's info dictionary to a `Video`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shortlist.core.errors import RecordError
from shortlist.core.types import GIVEN, Attributed, Enrichment, Transcript, Video
from shortlist.ingest.records import values

# YouTube's categories that match one of ours. The others are too broad ("Entertainment", "People & Blogs").
CATEGORIES = {
    "Comedy": "Comedy",
    "Education": "Education",
    "Film & Animation": "Arts",
    "Gaming": "Gaming",
    "Music": "Music",
    "News & Politics": "World",
    "Pets & Animals": "Nature",
    "Science & Technology": "Sci/Tech",
    "Sports": "Sports",
    "Travel & Events": "Travel",
}
METADATA = ("extractor", "categories", "view_count", "like_count")
MAX_TAGS = 30

Info = Mapping[str, Any]


def video_from_info(info: Info, video_id: str, transcript: Transcript | None = None) -> Video:
    """Return the video that `info` describes. Raises `RecordError` without a usable id or title."""
    tags = values.tags(list(info.get("tags") or ())[:MAX_TAGS], "tags")
    return Video(
        id=video_id,
        title=" ".join(str(info.get("title") or info.get("id") or video_id).split()),
        channel=_text(info, "channel") or _text(info, "uploader") or _text(info, "series"),
        url=_page(info),
        duration_s=duration_of(info),
        published=published_of(info),
        language=_language(info),
        description=_text(info, "description") or "",
        transcript=transcript or Transcript(),
        enrichment=Enrichment(category=_category(info), tags=tags, tags_made_by=GIVEN if tags else None),
        metadata={name: info[name] for name in METADATA if info.get(name) not in (None, [])},
    )


# Extractors of bare files and of sites unknown to yt-dlp: their videos have no ids of their own.
NO_IDS = frozenset({"generic", "html5mediaembed"})


def id_of(info: Info) -> str | None:
    """Return `SITE:ID`, such as `youtube:ID`; None for a bare file, whose id is the hash of its content."""
    site = str(info.get("extractor_key") or "Generic").lower()
    return None if site in NO_IDS else f"{site}:{info['id']}"


def duration_of(info: Info) -> float | None:
    """Return the duration in seconds, or None if it is unknown."""
    value = info.get("duration")
    return float(value) if isinstance(value, int | float) and value >= 0 else None


def published_of(info: Info) -> datetime | None:
    """Return the time of publication; midnight UTC if only the day is known, None if nothing is."""
    for name in ("timestamp", "release_timestamp"):
        if isinstance(info.get(name), int | float):
            return datetime.fromtimestamp(info[name], UTC)
    for name in ("upload_date", "release_date"):
        try:
            day = values.moment(info.get(name), name, days=True)
        except RecordError:
            continue
        if day:
            return day
    return None


def _category(info: Info) -> Attributed | None:
    name = next((CATEGORIES[name] for name in info.get("categories") or () if name in CATEGORIES), None)
    return Attributed(name, GIVEN) if name else None


def _language(info: Info) -> str | None:
    try:
        return values.language(info.get("language"), "language")
    except RecordError:
        return None


def _page(info: Info) -> str | None:
    from yt_dlp.utils import unsmuggle_url

    page = _text(info, "webpage_url") or _text(info, "original_url")
    return str(unsmuggle_url(page)[0]) if page else None


def _text(info: Info, name: str) -> str | None:
    return str(info.get(name) or "").strip() or None
