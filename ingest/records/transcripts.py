"""Convert a value of a row to a transcript: a text, or segments with or without times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shortlist.core.types import ORIGINS, Origin, Segment, Transcript
from shortlist.core.validation import require
from shortlist.ingest.records import values
from shortlist.ingest.sentences import sentences


def transcript_from(value: Any, *, language: str | None, origin: Any = None) -> Transcript:
    """Build a transcript from a text (split into untimed sentences), a list of texts or a list of segments.

    A segment is a mapping with `text`, `start`, and `end` or `duration` in seconds. An end after the next start is
    moved to it, since captions overlap on screen; a missing end is the next start. A missing or blank value gives an
    empty transcript. Raises `RecordError` for segments out of order.
    """
    source: Origin = "given" if values.is_missing(origin) else values.one_of(ORIGINS, origin, "transcript origin")
    if values.is_missing(value):
        return Transcript(language=language, origin=source)
    segments = values.parse_list(value) if isinstance(value, str) else value
    if segments is None:
        segments = sentences(value)
    require(isinstance(segments, list | tuple), "bad transcript", "a text or a list of segments", value)
    return Transcript(tuple(_close(list(_read(segments)))), language, source)


def _read(segments: Sequence[Any]) -> Iterator[tuple[str, float | None, float | None]]:
    for segment in segments:
        if not isinstance(segment, Mapping):
            yield values.text(segment, "segment"), None, None
            continue
        start = values.seconds(segment.get("start", segment.get("start_s")), "segment start")
        end = values.seconds(segment.get("end", segment.get("end_s")), "segment end")
        length = values.seconds(segment.get("duration"), "segment duration")
        if end is None and start is not None and length is not None:
            end = start + length
        yield values.text(segment.get("text"), "segment text"), start, end


def _close(read: list[tuple[str, float | None, float | None]]) -> Iterator[Segment]:
    following = [*(start for _, start, _ in read[1:]), None]
    for (text, start, end), after in zip(read, following, strict=False):
        if not text:
            continue
        if start is not None and after is not None and after >= start:
            end = after if end is None else min(end, after)
        yield Segment(text, start, start if start is not None and end is None else end)
