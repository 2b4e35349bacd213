"""A frame of a video file as a JPEG picture."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from shortlist.core.errors import MediaError
from shortlist.models.speech.audio import OPTIONS, open_media

WIDTH, HEIGHT = 640, 640  # the largest size of a picture
PLACES = (0.1, 0.3, 0.6)  # shares of the duration, from which the frame with the most contrast is taken
QUALITY = 4  # of MJPEG: 1 is best, 31 worst


def frame_of(media: Path) -> bytes | None:
    """Return a JPEG of the file at `media`, at most `WIDTH` x `HEIGHT` pixels; None without a picture in it.

    The frame with the most contrast of several is taken, as the first one is often black.
    """
    try:
        with open_media(media) as container:
            tracks = container.streams.video
            frames = [] if not tracks else [_pixels(frame) for frame in _frames(container, tracks[0])]
    except MediaError:  # damaged, which its transcription reports
        return None
    return _jpeg(max(frames, key=lambda pixels: float(pixels.std()))) if frames else None


def picture_of(image: bytes) -> bytes:
    """Return an image as a JPEG of the same size limits. Raises `MediaError` if it cannot be decoded.

    An image of a stranger is never stored as it came: only its pixels are.
    """
    import av

    try:
        with av.open(io.BytesIO(image), "r", options=OPTIONS, metadata_errors="ignore") as container:
            return _jpeg(_pixels(next(container.decode(video=0))))
    except (av.FFmpegError, IndexError, StopIteration) as error:
        raise MediaError(
            "cannot read the picture", expected="a JPEG, PNG or WebP image", found=str(error), remedy="leave it out"
        ) from error


def _frames(container: Any, track: Any) -> list[Any]:
    from av import FFmpegError

    track.thread_type = "AUTO"
    frames = []
    for place in PLACES:
        try:
            if container.duration:
                container.seek(int(place * container.duration), backward=True)
            frames += [frame for frame in [next(container.decode(track), None)] if frame is not None]
        except FFmpegError:
            continue
        if not container.duration:
            break
    return frames


def _pixels(frame: Any) -> np.ndarray:
    """Return a frame as uint8[height, width, 3], scaled, and upright as a player shows it."""
    scale = min(1.0, WIDTH / frame.width, HEIGHT / frame.height)
    width, height = (max(2, round(scale * side / 2) * 2) for side in (frame.width, frame.height))
    pixels: np.ndarray = frame.reformat(width, height, "rgb24").to_ndarray()
    return np.rot90(pixels, round(frame.rotation / 90) % 4)


def _jpeg(pixels: np.ndarray) -> bytes:
    from fractions import Fraction

    from av import CodecContext, VideoFrame

    frame = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24").reformat(format="yuvj420p")
    encoder: Any = CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": str(QUALITY), "qmax": str(QUALITY)}
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
