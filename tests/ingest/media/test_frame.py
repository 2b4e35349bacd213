"""Frames and thumbnails: one JPEG of a bounded size, from pixels alone."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from shortlist.core.errors import MediaError
from shortlist.ingest.media.frame import frame_of, picture_of
from tests.recordings import record, tone


def pixels(jpeg: bytes) -> np.ndarray:
    with av.open(io.BytesIO(jpeg)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def image(width: int, height: int, name: str = "png") -> bytes:
    """An image whose left half is black and whose right half is white."""
    shades = np.zeros((height, width, 3), dtype=np.uint8)
    shades[:, width // 2 :] = 255
    encoder = av.CodecContext.create(name, "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "rgb24", Fraction(1, 25)
    return b"".join(bytes(packet) for packet in encoder.encode(av.VideoFrame.from_ndarray(shades, format="rgb24")))


def test_a_film_gives_a_frame_and_sound_gives_none(tmp_path: Path) -> None:
    frame = frame_of(record(tmp_path / "film.mp4", picture=True, seconds=2))
    assert frame is not None
    assert pixels(frame).shape == (48, 64, 3)
    assert frame_of(record(tmp_path / "sound.wav", [tone(1)])) is None
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    assert frame_of(tmp_path / "broken.mp4") is None


def test_a_thumbnail_is_scaled_down_and_keeps_its_shape() -> None:
    picture = pixels(picture_of(image(1280, 720)))
    assert picture.shape == (360, 640, 3)
    assert picture[180, 100].max() < 40
    assert picture[180, 540].min() > 215


def test_what_is_no_image_is_refused() -> None:
    for strange in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a"):
        with pytest.raises(MediaError):
            picture_of(strange)
