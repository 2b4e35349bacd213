"""A media file as a video: its id is the hash of its content, so a copy under another name is the same video."""

from __future__ import annotations

import hashlib
from pathlib import Path

from shortlist.core.errors import MediaError
from shortlist.core.types import Video
from shortlist.models.speech.audio import MediaFacts, media_facts

PICTURES = "_pipe"  # how FFmpeg's formats of single pictures end


class TooLargeError(MediaError):
    """A file that is larger than what is taken."""


def check_size(size: int, max_bytes: int, name: str) -> None:
    """Raise `TooLargeError` for a file of more than `max_bytes`."""
    if size > max_bytes:
        raise TooLargeError(
            f"{name} is too large",
            expected=f"at most {max_bytes / 1e6:,.0f} MB",
            found=f"{size / 1e6:,.0f} MB",
            remedy="raise media.max_bytes, or leave it out",
        )


def content_id(path: Path) -> str:
    """The id of the file's content."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def video_of_file(path: Path, name: str) -> Video:
    """The media file at `path` as a video without a transcript. `name` is its title where it gives none itself.

    Raises `MediaError` for what is no recording.
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
            remedy="mend its permissions, or leave it out",
        ) from error


def title_of(name: str) -> str:
    """A file name as a title: without its ending."""
    shown = " ".join(Path(name).stem.split())
    return shown if shown.strip("._- ") else name


def _check_recording(facts: MediaFacts, name: str) -> None:
    picture = facts.format.endswith(PICTURES) or (not facts.audio_tracks and facts.duration_s is None)
    if picture or not (facts.audio_tracks or facts.video_tracks):
        raise MediaError(
            f"{name} is no recording",
            expected="sound or moving pictures",
            found=f"the format {facts.format}",
            remedy="leave it out",
        )
