"""Configuration of copies of the home: backups and published snapshots."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from shortlist.core.config_sections.section import Section


class BackupConfig(Section):
    """Backups of the home."""

    folder: Path | None = Field(
        None, description="folder of the backups, best on another disk; the folder backups of the home if unset"
    )
    keep: int = Field(3, ge=1, description="how many backups to keep; older ones are deleted")
    daily: bool = Field(True, description="back up in an ingest or a server if the newest backup is a day old")
    max_bytes: int = Field(2_000_000_000, ge=0, description="largest home, less Chroma and indexes, to back up daily")


class PublishConfig(Section):
    """Snapshots that `shortlist ops publish` writes and that servers follow (`store.snapshot`)."""

    to: str | None = Field(
        None,
        min_length=1,
        description="folder or s3://BUCKET/PREFIX of the snapshots; the folder published of the home if unset",
    )
    keep: int = Field(3, ge=2, description="snapshots that are kept; servers may still be copying the one before")
