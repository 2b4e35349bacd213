"""Choose a caption track and turn it into a transcript, without markup and rolling repetitions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shortlist.core.errors import RecordError
from shortlist.core.types import Origin, Transcript
from shortlist.ingest.records.transcripts import transcript_from

TICKS = 90_000  # ticks per second of yt-dlp's WebVTT clock
FORMAT = "vtt"
NOT_SPEECH = frozenset({"live_chat", "danmaku", "rechat", "comments"})

_TAG = re.compile(r"<[^>]*>")
_SOUND = re.compile(r"[\[(♪][^\])♪]*[\])♪]")  # [Music], (applause), ♪ la la ♪

Track = tuple[str, str]  # language, address


def choose_track(info: Mapping[str, Any], automatic: bool) -> tuple[Track, Origin] | None:
    """Return the uploader's captions or else, with `automatic`, the site's; None if there are none.

    A track in the video's language comes first.
    """
    language = info.get("language")
    uploaded = _track(info.get("subtitles"), language)
    if uploaded:
        return uploaded, "captions"
    # Sites offer automatic captions in a hundred translations. The original is marked, or is in the video's language.
    tracks = info.get("automatic_captions") or {}
    originals = {name: track for name, track in tracks.items() if name.endswith("-orig")}
    generated = _track(originals or tracks, language, translations=not originals) if automatic else None
    return (generated, "auto_captions") if generated else None


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
    """Parse the WebVTT file `data`. Raises `RecordError` if it is not WebVTT."""
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
    """Remove the words that a cue repeats from the one before: automatic captions scroll, so each line appears twice.

    Only two or more repeated words are removed. A single one may have been said twice ("no. No!").
    """
    before: list[str] = []
    for start, end, text in cues:
        words = text.split()
        repeated = _overlap(before, words)
        if words[repeated:]:
            yield start, end, " ".join(words[repeated:])
        # Compare the next cue with the text on screen: a line that was repeated in full is still there.
        before = words if len(words) > repeated or not before else before


def _overlap(before: Sequence[str], words: Sequence[str]) -> int:
    """Return the number of words at the start of `words` that end `before`; 0 for fewer than two."""
    for n in range(min(len(before), len(words)), 1, -1):
        if list(before[-n:]) == list(words[:n]):
            return n
    return 0


def _plain(text: str) -> str:
    return " ".join(_SOUND.sub(" ", html.unescape(_TAG.sub("", text))).split())
