"""Convert rows of a table to videos."""

from __future__ import annotations

from typing import Any

from shortlist.core.types import GIVEN, Attributed, Enrichment, Transcript, Video
from shortlist.ingest.records import values
from shortlist.ingest.records.ids import address_id, text_id
from shortlist.ingest.records.transcripts import transcript_from
from shortlist.ingest.tables.rows import Columns, Row

COLUMNS = Columns(
    required=(("title",),),
    optional=(
        "id", "transcript", "segments", "transcript_origin", "channel", "url", "duration", "published", "description",
        "language", "category", "category_made_by", "tags", "tags_made_by", "summary", "summary_made_by",
    ),
    aliases={
        # Names in the YouTube Data API, in yt-dlp, and in Shortlist's export.
        "videoId": "id", "video_id": "id", "channelTitle": "channel", "uploader": "channel", "webpage_url": "url",
        "duration_s": "duration", "publishedAt": "published", "upload_date": "published",
        "defaultAudioLanguage": "language",
    },
)  # fmt: skip
KNOWN = frozenset(COLUMNS.names)


def video_from_row(row: Row) -> Video:
    """Convert a row with the columns `COLUMNS` to a video. Unknown columns become its metadata.

    A missing id is made of the address, or else of title and transcript. A blank transcript gives an empty one. Raises
    `RecordError`.
    """
    get = row.values.get
    language = values.language(get("language"), "language")
    spoken = get("transcript") if values.is_missing(get("segments")) else get("segments")
    transcript = transcript_from(spoken, language=language, origin=get("transcript_origin"))
    title = values.text(get("title"), "title")
    url = values.optional_text(get("url"), "url")
    return Video(
        id=_id(get("id"), url, title, transcript),
        title=title,
        channel=values.optional_text(get("channel"), "channel"),
        url=url,
        duration_s=values.seconds(get("duration"), "duration"),
        published=values.moment(get("published"), "published time", days=True),
        language=language,
        description=values.text(get("description"), "description"),
        transcript=transcript,
        enrichment=_enrichment(row),
        metadata=values.metadata(row.values, KNOWN),
    )


def _id(given: Any, url: str | None, title: str, transcript: Transcript) -> str:
    if not values.is_missing(given):
        return values.identifier(given, "video id")
    return address_id(url) if url else text_id(title, transcript.text)


def _enrichment(row: Row) -> Enrichment:
    tags = values.tags(row.values.get("tags"), "tags")
    return Enrichment(
        summary=_made(row, "summary"),
        category=_made(row, "category"),
        tags=tags,
        tags_made_by=_maker(row, "tags") if tags else None,
    )


def _made(row: Row, what: str) -> Attributed | None:
    value = values.optional_text(row.values.get(what), what)
    return Attributed(value, _maker(row, what)) if value else None


def _maker(row: Row, what: str) -> str:
    return values.text(row.values.get(f"{what}_made_by"), f"{what}_made_by") or GIVEN
