"""Sound out of any media file, through the FFmpeg libraries that PyAV brings: no program is started.

A file can name others (a playlist, a list of pieces). Only the file itself is ever opened: it is handed over as an
open file, and the libraries may use no protocol but `file` and none of the formats that name others.
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

SAMPLE_RATE = 16_000  # what every Whisper model hears
OPTIONS = {"protocol_whitelist": "file"}
UNTOLD_S = 4 * 3600.0  # the longest track of a file that does not say how long it is
LISTS_OF_FILES = frozenset({"hls", "concat", "dash", "imf", "webm_dash_manifest", "image2", "sdp", "rtsp", "tty"})


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What a media file says of itself. `duration_s` is None where it does not say."""

    format: str
    duration_s: float | None
    title: str | None
    audio_tracks: int
    video_tracks: int


def media_facts(path: Path) -> MediaFacts:
    """Read the header of the media file at `path`. Raises `MediaError` for what is none."""
    with _opened(path) as container:
        return MediaFacts(
            format=container.format.name,
            duration_s=_duration(container),
            title=(container.metadata.get("title") or "").strip() or None,
            audio_tracks=len(container.streams.audio),
            video_tracks=len(container.streams.video),
        )


def decode(path: Path) -> FloatArray:
    """The sound of the file's main audio track as float32[samples] at 16 kHz, mono, between -1 and 1.

    A file without an audio track gives no samples. A damaged stretch is left out; a file of which nothing can be
    decoded raises `MediaError`, and so does one that goes on far beyond the length it states: hours of silence take
    few bytes of a file and gigabytes of memory.
    """
    damage: list[str] = []
    with _opened(path) as container:
        track = container.streams.best("audio")
        stated = _duration(container)
        longest_s = UNTOLD_S if stated is None else 600 + 4 * stated  # lengths may be estimates
        pieces: list[np.ndarray] = []
        for piece in [] if track is None else _resampled(_frames(container, track, damage)):
            pieces.append(piece)
            longest_s -= len(piece) / SAMPLE_RATE
            if longest_s < 0:
                raise _unreadable(path, f"far more sound than the {stated or 0:.0f} s that it states")
    if damage and not pieces:
        raise _unreadable(path, damage[-1])
    samples: FloatArray = np.concatenate([np.zeros(0, np.int16), *pieces], dtype=np.float32)
    samples /= 32768  # in place: three hours are 0.7 GB
    return samples


def _frames(container: Any, track: Any, damage: list[str]) -> Iterator[Any]:
    """The frames of `track`; what is wrong with a packet that cannot be decoded goes to `damage`."""
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
    """int16 samples at 16 kHz, mono. A track that changes its format on the way gets another resampler."""
    from av.audio.resampler import AudioResampler

    resampler: Any = None
    shape = None
    for frame in frames:
        if shape != (frame.format.name, frame.layout.name, frame.sample_rate):
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        frame.pts = None  # a gap in the times of a damaged file is no silence to be filled
        yield from (piece.to_ndarray().reshape(-1) for piece in resampler.resample(frame))
    if resampler is not None:
        yield from (piece.to_ndarray().reshape(-1) for piece in resampler.resample(None))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
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
    )
