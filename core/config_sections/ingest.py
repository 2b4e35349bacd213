"""Configuration of the ingest: records, speech and media."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from shortlist.core.config_sections.section import Positive, Section


class IngestConfig(Section):
    """Ingest of records."""

    batch: int = Field(500, ge=1, description="records written in one transaction")
    max_rows: int = Field(
        500_000, ge=1, description="most rows of a table; a file may always have one for each 20 bytes on disk"
    )
    max_unpacked: int = Field(
        100_000_000,
        ge=1,
        description="most bytes of a table when it is unpacked; a file may always have ten times its size on disk",
    )
    max_cell: int = Field(16_000_000, ge=1, description="most bytes of a cell, or of a line of JSON")
    import_titles: int = Field(
        1000, ge=0, description="newest titles of a history that `shortlist import` reads; older items count as seen"
    )
    categories: tuple[str, ...] = Field(
        (
            "World", "Sports", "Business", "Sci/Tech", "Food", "Health", "Travel", "Home", "Music", "Nature", "Arts",
            "Education", "Comedy", "Gaming", "Fashion",
        ),
        description="categories to choose from for a video that has none",
    )  # fmt: skip
    enrich_tokens: int = Field(
        1200, ge=64, description="tokens of a transcript or article that a model reads to enrich it"
    )


class SpeechConfig(Section):
    """Speech recognition."""

    provider: Literal["faster-whisper", "openai-whisper"] = Field("faster-whisper", description="engine")
    model: str = Field(
        "whisper-base", description="name of the speech model in `shortlist models list` or models.paths"
    )
    threads: int = Field(2, ge=1, description="threads of the speech model")


class MediaConfig(Section):
    """Limits on media from addresses and files, and on downloads."""

    max_duration_s: Positive = Field(180.0, description="longest video to download from an address")
    max_file_duration_s: Positive = Field(14400.0, description="longest file to ingest; an hour needs 0.9 GB of memory")
    max_bytes: int = Field(2_000_000_000, ge=1, description="largest file to ingest or download")
    auto_captions: bool = Field(False, description="use a site's automatic captions if the uploader wrote none")
    allow_private: bool = Field(False, description="allow addresses on this machine and in its private networks")
    keep_media: bool = Field(False, description="keep downloads after transcription, in the folder media of the home")
    cookies: Path | None = Field(None, description="cookies.txt of a browser, for videos that need a login")
    downloads: int = Field(2, ge=1, le=16, description="downloads at the same time")
    rate_limit: int | None = Field(None, ge=1, description="bytes a second of one download")
    pause_s: float = Field(1.0, ge=0, description="seconds between two videos of one download thread")
    retries: int = Field(3, ge=0, description="further attempts when a server is busy or a connection breaks")
    backoff_s: Positive = Field(2.0, description="seconds before the first retry; doubled before each further one")
    timeout_s: Positive = Field(20.0, description="seconds without data after which a connection fails")
    s3_endpoint: str | None = Field(None, description="address of an S3 server other than Amazon's")
