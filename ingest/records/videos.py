"""Convert rows of a table to videos."""

from __future__ import annotations

from shortlist.core.types import GIVEN, Attributed, Enrichment, Video
from shortlist.ingest.records import values
from shortlist.ingest.records.transcripts import transcript_from
from shortlist.ingest.tables.rows import Columns, Row

COLUMNS = Columns(
    required=(("id",), ("title",)),
    optional=(
        "transcript", "segments", "transcript_origin", "channel", "url", "duration", "published", "description",
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

    The id and the title are required: a generated id would store the video twice at the next ingest, and people choose
    videos by title. A blank transcript gives an empty one. Raises `RecordError`.
    """
    get = row.values.get
    language = values.language(get("language"), "language")
    spoken = get("transcript") if values.is_missing(get("segments")) else get("segments")
    return Video(
        id=values.identifier(get("id"), "video id"),
        title=values.text(get("title"), "title"),
        channel=values.optional_text(get("channel"), "channel"),
        url=values.optional_text(get("url"), "url"),
        duration_s=values.seconds(get("duration"), "duration"),
        published=values.moment(get("published"), "published time", days=True),
        language=language,
        description=values.text(get("description"), "description"),
        transcript=transcript_from(spoken, language=language, origin=get("transcript_origin")),
        enrichment=_enrichment(row),
        metadata=values.metadata(row.values, KNOWN),
    )


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
