"""Decode the audio of media files with PyAV, which ships FFmpeg's libraries: no program is started.

A media file can refer to other files (a playlist, a list of parts). Only the file itself is ever opened: PyAV gets an
open file, may use no protocol but `file`, and formats that refer to other files are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shortlist.core.errors import MediaError
from shortlist.core.ranking import FloatArray

SAMPLE_RATE = 16_000  # the rate of every Whisper model
OPTIONS = {"protocol_whitelist": "file"}
MAX_UNSTATED_S = 4 * 3600.0  # the longest track that is decoded from a file without a stated duration
LISTS_OF_FILES = frozenset({"hls", "concat", "dash", "imf", "webm_dash_manifest", "image2", "sdp", "rtsp", "tty"})


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """The header of a media file. `duration_s` is None if the header does not state it."""

    format: str
    duration_s: float | None
    title: str | None
    audio_tracks: int
    video_tracks: int


def media_facts(path: Path) -> MediaFacts:
    """Read the header of the media file at `path`. Raises `MediaError` if it is not a media file."""
    with open_media(path) as container:
        return MediaFacts(
            format=container.format.name,
            duration_s=_duration(container),
            title=(container.metadata.get("title") or "").strip() or None,
            audio_tracks=len(container.streams.audio),
            video_tracks=len(container.streams.video),
        )


def decode(path: Path) -> FloatArray:
    """Return the file's main audio track as float32[samples] at 16 kHz, mono, between -1 and 1.

    A file without an audio track gives no samples. Damaged packets are left out. Raises `MediaError` if nothing can be
    decoded, or if the track is far longer than the file states: hours of silence take few bytes on disk and gigabytes
    of memory.
    """
    damage: list[str] = []
    with open_media(path) as container:
        track = container.streams.best("audio")
        stated = _duration(container)
        remaining_s = MAX_UNSTATED_S if stated is None else 600 + 4 * stated  # stated lengths may be estimates
        pieces: list[np.ndarray] = []
        for piece in [] if track is None else _resampled(_frames(container, track, damage)):
            pieces.append(piece)
            remaining_s -= len(piece) / SAMPLE_RATE
            if remaining_s < 0:
                raise _unreadable(path, f"far more sound than the {stated or 0:.0f} s that it states")
    if damage and not pieces:
        raise _unreadable(path, damage[-1])
    samples: FloatArray = np.concatenate([np.zeros(0, np.int16), *pieces], dtype=np.float32)
    samples /= 32768  # in place: three hours are 0.7 GB
    return samples


def _frames(container: Any, track: Any, damage: list[str]) -> Iterator[Any]:
    """Yield the frames of `track`. The error of each packet that cannot be decoded is appended to `damage`."""
    from av import FFmpegError

    packets = container.demux(track)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            yield from packet.decode()
        except FFmpegError as error:
            damage.append(str(error))


def _resampled(frames: Iterator[Any]) -> Iterator[np.ndarray]:
    """Yield int16 samples at 16 kHz, mono. A new resampler is made when the format of the frames changes."""
    from av.audio.resampler import AudioResampler

    resampler: Any = None
    shape = None
    for frame in frames:
        if shape != (frame.format.name, frame.layout.name, frame.sample_rate):
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        frame.pts = None  # otherwise the resampler fills gaps between the times of a damaged file with silence
        yield from (piece.to_ndarray().reshape(-1) for piece in resampler.resample(frame))
    if resampler is not None:
        yield from (piece.to_ndarray().reshape(-1) for piece in resampler.resample(None))


@contextmanager
def open_media(path: Path) -> Iterator[Any]:
    """Open the media file at `path` with PyAV. Raises `MediaError` if it cannot be read, also while it is open."""
    import av

    try:
        if path.stat().st_size == 0:
            raise _unreadable(path, "an empty file")
        with path.open("rb") as file, av.open(file, options=OPTIONS, metadata_errors="ignore") as container:
            if LISTS_OF_FILES & set(container.format.name.split(",")):
                raise _unreadable(path, f"a list of other files ({container.format.name})")
            yield container
    except (av.FFmpegError, OSError) as error:
        raise _unreadable(path, str(error.strerror or error).lower()) from error


def _duration(container: Any) -> float | None:
    import av

    if container.duration is not None and container.duration > 0:
        return float(container.duration) / av.time_base
    lengths = [float(s.duration * s.time_base) for s in container.streams if s.duration and s.time_base]
    return max(lengths, default=None)


def _unreadable(path: Path, found: str) -> MediaError:
    return MediaError(
        f"cannot read {path.name}",
        expected="a media file that is whole",
        found=found,
        remedy="play it to see whether it is damaged, or leave it out",
        code="damaged-media",
    )
