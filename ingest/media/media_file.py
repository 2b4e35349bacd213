"""Read a media file as a video. Its id is the hash of its content, so a renamed copy is the same video."""

from __future__ import annotations

import hashlib
from pathlib import Path

from shortlist.core.errors import UNREADABLE, MediaError
from shortlist.core.types import Video
from shortlist.models.speech.audio import MediaFacts, media_facts

IMAGE_SUFFIX = "_pipe"  # FFmpeg's names of still image formats end with it


class TooLargeError(MediaError):
    """Raised for a file larger than `media.max_bytes`."""


def download_name(location: str, version: str = "") -> str:
    """Return the name, without a suffix, of the file into which `location` is downloaded."""
    return hashlib.sha256(f"{location} {version}".rstrip(" ").encode()).hexdigest()[:32]


def check_size(size: int, max_bytes: int, name: str) -> None:
    """Raise `TooLargeError` if `size` is more than `max_bytes`."""
    if size > max_bytes:
        raise TooLargeError(
            f"{name} is too large",
            expected=f"at most {max_bytes / 1e6:,.0f} MB",
            found=f"{size / 1e6:,.0f} MB",
            remedy="raise media.max_bytes, or leave it out",
            code="too-large",
        )


def content_id(path: Path) -> str:
    """Return "sha256:" and the hash of the file's content."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def video_of_file(path: Path, name: str) -> Video:
    """Read the media file at `path` as a video without a transcript.

    `name` becomes the title if the file has none in its metadata. Raises `MediaError` if the file is not a recording.
    """
    try:
        facts = media_facts(path)
        _check_recording(facts, name)
        return Video(id=content_id(path), title=facts.title or title_of(name), duration_s=facts.duration_s)
    except OSError as error:
        raise MediaError(
            f"cannot read {name}",
            expected="a file that can be read",
            found=error.strerror or str(error),
            remedy="correct its permissions, or leave it out",
            code=UNREADABLE,
        ) from error


def title_of(name: str) -> str:
    """Turn a file name into a title by removing the suffix."""
    title = " ".join(Path(name).stem.split())
    return title if title.strip("._- ") else name


def _check_recording(facts: MediaFacts, name: str) -> None:
    image = facts.format.endswith(IMAGE_SUFFIX) or (not facts.audio_tracks and facts.duration_s is None)
    if image or not (facts.audio_tracks or facts.video_tracks):
        raise MediaError(
            f"{name} is not a recording",
            expected="audio or video",
            found=f"the format {facts.format}",
            remedy="leave it out",
            code="not-a-recording",
        )
