"""The filter options of `recommend`, `search` and `export`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from shortlist.core.errors import UsageError

if TYPE_CHECKING:
    from shortlist.core.ranking import Filters

MaxDuration = Annotated[float | None, typer.Option("--max-duration", help="Longest video, in seconds.", metavar="S")]
Category = Annotated[str | None, typer.Option("--category", help="Only this category.", metavar="C")]
Channel = Annotated[str | None, typer.Option("--channel", help="Only this channel.", metavar="C")]
Language = Annotated[str | None, typer.Option("--language", help="Only this language, as en.", metavar="L")]
PublishedAfter = Annotated[
    str | None,
    typer.Option("--published-after", help="Only videos of this day or later, as 2026-11-01.", metavar="DATE"),
]
PublishedBefore = Annotated[
    str | None,
    typer.Option("--published-before", help="Only videos from before this day, as 2026-11-01.", metavar="DATE"),
]
IncludeSeen = Annotated[bool, typer.Option("--include-seen", help="Include videos that the reader has seen.")]


def filters(
    max_duration: float | None,
    category: str | None,
    channel: str | None,
    language: str | None,
    published_after: str | None,
    published_before: str | None = None,
    include_seen: bool = False,
) -> Filters:
    """Build `Filters` from the options. Raises `UsageError` for an invalid date."""
    from shortlist.core.ranking import Filters

    return Filters(
        max_duration,
        category,
        channel,
        language,
        _date(published_after, "--published-after"),
        include_seen,
        published_before=_date(published_before, "--published-before"),
    )


def _date(text: str | None, option: str) -> datetime | None:
    """Parse a date or a time. Without a zone it is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"bad {option}", expected="a date as 2026-11-01", found=repr(text), remedy="correct the date"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
