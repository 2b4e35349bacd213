"""Captions of a site as a transcript: which track, and its cues without markup and rolling repetitions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shortlist.core.errors import RecordError
from shortlist.core.types import Origin, Transcript
from shortlist.ingest.records.transcripts import transcript_from

TICKS = 90_000  # of yt-dlp's WebVTT clock, a second
FORMAT = "vtt"
NOT_SPEECH = frozenset({"live_chat", "danmaku", "rechat", "comments"})

_TAG = re.compile(r"<[^>]*>")
_SOUND = re.compile(r"[\[(♪][^\])♪]*[\])♪]")  # [Music], (applause), ♪ la la ♪

Track = tuple[str, str]  # language, address


def chosen_track(info: Mapping[str, Any], automatic: bool) -> tuple[Track, Origin] | None:
    """The captions to take: the uploader's, else with `automatic` the site's own; the video's language first."""
    language = info.get("language")
    written = _track(info.get("subtitles"), language)
    if written:
        return written, "captions"
    # A site offers automatic captions in a hundred translations; the original is marked, or is in the video's language.
    made = info.get("automatic_captions") or {}
    originals = {name: track for name, track in made.items() if name.endswith("-orig")}
    heard = _track(originals or made, language, translations=not originals) if automatic else None
    return (heard, "auto_captions") if heard else None


def _track(tracks: Mapping[str, Any] | None, language: str | None, translations: bool = False) -> Track | None:
    found: dict[str, str] = {}
    for name, forms in (tracks or {}).items():
        address = next((form["url"] for form in forms if form.get("ext") == FORMAT and form.get("url")), None)
        if address and name not in NOT_SPEECH:
            found[name] = address
    own = (language or "en").split("-")[0]
    for name, address in found.items():
        if name.split("-")[0] == own:
            return name.removesuffix("-orig"), address
    if translations:
        return None
    return next(((name.removesuffix("-orig"), address) for name, address in found.items()), None)


def transcript_of(data: bytes, language: str, origin: Origin) -> Transcript:
    """The WebVTT file `data` as a transcript. Raises `RecordError` for what is none."""
    from yt_dlp import webvtt

    try:
        blocks = list(webvtt.parse_fragment(data))
    except (webvtt.ParseError, UnicodeDecodeError) as error:
        raise RecordError(
            "unreadable captions", expected="WebVTT", found=str(error)[:80], remedy="leave the captions out"
        ) from error
    cues = [(cue.start / TICKS, cue.end / TICKS, _plain(cue.text)) for cue in blocks if hasattr(cue, "text")]
    cues = [cue for cue in sorted(cues, key=lambda cue: cue[0]) if cue[2]]
    rows = [{"start": start, "end": max(start, end), "text": text} for start, end, text in unrolled(cues)]
    return transcript_from(rows, language=language.split("-")[0] or None, origin=origin)


Cue = tuple[float, float, str]


def unrolled(cues: Sequence[Cue]) -> Iterator[Cue]:
    """`cues` without what each repeats of the one before: automatic captions roll, so that a line is shown twice.

    At least two words must be repeated; of one word ("no. No!") it cannot be known.
    """
    before: list[str] = []
    for start, end, text in cues:
        words = text.split()
        repeated = _overlap(before, words)
        if words[repeated:]:
            yield start, end, " ".join(words[repeated:])
        # What is on screen now: a line that came again in full stays there for the next cue.
        before = words if len(words) > repeated or not before else before


def _overlap(before: Sequence[str], words: Sequence[str]) -> int:
    """How many words at the start of `words` are the last of `before`."""
    for n in range(min(len(before), len(words)), 1, -1):
        if list(before[-n:]) == list(words[:n]):
            return n
    return 0


def _plain(text: str) -> str:
    return " ".join(_SOUND.sub(" ", html.unescape(_TAG.sub("", text))).split())
