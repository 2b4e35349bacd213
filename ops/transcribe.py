"""Transcribe the media files of an inbox without a home, so on other machines than the one that stores.

The transcript goes to incoming/transcripts/, where the next run stores it, and the file to done/ or failed/.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.errors import MediaError
from shortlist.core.types import Transcript, Video
from shortlist.ingest.media.local_files import check_suffix
from shortlist.ingest.media.media_file import check_size, content_id, video_of_file
from shortlist.ingest.media.source import MediaFilter
from shortlist.models.speech.transcriber import Transcriber
from shortlist.ops.data.inbox import DONE, FAILED, INCOMING, Found, Inbox


@dataclass(frozen=True, slots=True)
class Transcribed:
    """A media file, where it is `kept` now, the number of segments of its transcript, or `why` it has none."""

    name: str
    kept: str
    segments: int = 0
    why: str | None = None


def transcribe_waiting(
    inbox: Inbox, transcriber: Callable[[], Transcriber], config: MediaConfig, names: Collection[str] = ()
) -> Iterator[Transcribed]:
    """Transcribe the media files in incoming/media, or those with these `names`. Yield what became of each.

    A file that another process has finished meanwhile is left out. After a kill at any moment the next call transcribes
    the file again, and replaces its transcript by the same one. Raises `ServiceError` if the inbox cannot be reached or
    there is no speech model, and `StateError` for a full disk.
    """
    for found in inbox.found():
        if found.kind == "media" and (not names or found.name in names):
            with TemporaryDirectory(prefix="shortlist-media-") as folder:
                path = Path(folder, PurePosixPath(found.name).name)
                if inbox.copy(f"{INCOMING}/media/{found.name}", path):
                    yield _transcribe(inbox, found, path, transcriber, config)


def _transcribe(
    inbox: Inbox, found: Found, path: Path, transcriber: Callable[[], Transcriber], config: MediaConfig
) -> Transcribed:
    # Forgetting a video finds its files by the id in their names.
    place = f"media/{found.name}/{content_id(path)}{path.suffix}"
    try:
        video = _check(path, config)
        transcript = transcriber().transcribe(path)
    except MediaError as error:
        kept = f"{FAILED}/{place}"
        inbox.put(
            f"{kept}.why.txt", f"{found.name} was not transcribed, nothing of it is stored:\n- {error}\n".encode()
        )
        inbox.move(found, kept)
        return Transcribed(found.name, kept, why=str(error))
    row = _row(video, transcript, transcriber().name)
    inbox.put(f"{INCOMING}/transcripts/{found.name}/{video.id}.jsonl", json.dumps(row).encode())
    kept = f"{DONE}/{place}"
    inbox.move(found, kept)
    return Transcribed(found.name, kept, len(transcript.segments))


def _check(path: Path, config: MediaConfig) -> Video:
    """Return the video of a media file. Raises `MediaError` if it is none, too large or too long."""
    check_suffix(path.name)
    check_size(path.stat().st_size, config.max_bytes, path.name)
    video = video_of_file(path, path.name)
    if too_long := MediaFilter(config.max_file_duration_s).rejection(video.duration_s, None):
        raise MediaError(
            f"{path.name} is too long", expected=f"at most {config.max_file_duration_s:g} s", found=too_long,
            remedy="raise media.max_file_duration_s, or leave it out", code="too-long",
        )  # fmt: skip
    return video


def _row(video: Video, transcript: Transcript, made_by: str) -> dict[str, object]:
    """Return the video as a row of a table of videos."""
    segments = [{"text": one.text, "start": one.start_s, "end": one.end_s} for one in transcript.segments]
    return {
        "id": video.id, "title": video.title, "duration": video.duration_s, "language": transcript.language,
        "segments": segments, "transcript_origin": transcript.origin, "transcribed_by": made_by,
    }  # fmt: skip
