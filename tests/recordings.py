"""Small recordings made on the spot, in any format that FFmpeg's libraries write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

RATE = 16_000
Sound = npt.NDArray[np.float32]


def silence(seconds: float) -> Sound:
    """Nothing."""
    return np.zeros(int(seconds * RATE), dtype=np.float32)


def tone(seconds: float, hertz: float = 440.0) -> Sound:
    """A sine at half volume."""
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def music(seconds: float) -> Sound:
    """Four chords with a beat, over and over."""
    at = np.arange(int(seconds * RATE)) / RATE
    chords = ((220, 277, 330), (196, 247, 294), (175, 220, 262), (262, 330, 392))
    voices = np.array([[chord[i] for chord in chords] for i in range(3)])
    which = (at * 2).astype(int) % 4
    sound = sum(np.sin(2 * np.pi * voice[which] * at) for voice in voices) * np.exp(-3 * (at * 2 % 1))
    beat = np.random.default_rng(0).normal(size=len(at)) * np.exp(-40 * (at * 4 % 1))
    return (0.2 * sound + 0.1 * beat).astype(np.float32)


def record(
    path: Path,
    tracks: Sequence[Sound] = (),
    codec: str = "",
    picture: bool = False,
    title: str = "",
    seconds: float = 1,
) -> Path:
    """Write `tracks` to `path`, whose ending says how; with `picture`, beside moving pictures."""
    with av.open(str(path), "w", metadata_encoding="utf-8") as container:
        if title:
            container.metadata["title"] = title
        video = _picture_stream(container) if picture else None
        streams = [container.add_stream(codec or _codec(path), rate=_rate(path), layout="mono") for _ in tracks]
        if video is not None:
            _draw(container, video, seconds)
        for stream, sound in zip(streams, tracks, strict=True):
            _play(container, stream, sound)
    return path


def _codec(path: Path) -> str:
    codecs = {".mp3": "mp3", ".wav": "pcm_s16le", ".flac": "flac", ".webm": "libopus", ".ogg": "libopus", ".mpg": "mp2"}
    return codecs.get(path.suffix, "aac")


def _rate(path: Path) -> int:
    return 44_100 if path.suffix == ".mpg" else RATE  # MPEG's sound has no 16 kHz


def _picture_stream(container: Any) -> Any:
    name = "libvpx" if container.format.name == "webm" else "mpeg2video" if container.format.name == "mpeg" else "mpeg4"
    stream = container.add_stream(name, rate=25)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    return stream


def _draw(container: Any, stream: Any, seconds: float) -> None:
    for n in range(int(25 * seconds)):
        shade = np.full((48, 64, 3), n % 255, dtype=np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")))
    container.mux(stream.encode(None))


def _play(container: Any, stream: Any, sound: Sound) -> None:
    samples = (sound * 32767).astype(np.int16).reshape(1, -1)
    resampler = av.AudioResampler(
        format=stream.codec_context.format, layout="mono", rate=stream.codec_context.sample_rate
    )
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate = RATE
    fifo = av.AudioFifo()
    for piece in (*resampler.resample(frame), *resampler.resample(None)):
        fifo.write(piece)
    size = stream.codec_context.frame_size or 1024
    while (part := fifo.read(size)) is not None or (part := fifo.read(0, partial=True)) is not None:
        container.mux(stream.encode(part))
    container.mux(stream.encode(None))
