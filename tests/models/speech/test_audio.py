"""Sound out of files of every kind, whole and broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shortlist.core.errors import MediaError
from shortlist.models.speech.audio import SAMPLE_RATE, decode, media_facts
from tests.recordings import music, record, silence, tone


def pitch(samples: np.ndarray) -> float:
    """The loudest frequency."""
    return float(np.abs(np.fft.rfft(samples)).argmax() * SAMPLE_RATE / len(samples))


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.m4a", "a.mp4", "a.mkv", "a.webm", "a.ogg", "a.mpg"])
def test_every_format_is_heard(tmp_path: Path, name: str) -> None:
    path = record(tmp_path / name, [tone(1.0)], picture=name.endswith((".mp4", ".mkv", ".webm", ".mpg")))
    samples = decode(path)
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(SAMPLE_RATE, rel=0.1)
    assert pitch(samples) == pytest.approx(440, abs=4)
    assert media_facts(path).duration_s == pytest.approx(1.0, abs=0.15)


def test_no_sound_track_gives_no_samples(tmp_path: Path) -> None:
    path = record(tmp_path / "mute.mp4", picture=True)
    facts = media_facts(path)
    assert (facts.audio_tracks, facts.video_tracks) == (0, 1)
    assert len(decode(path)) == 0


def test_of_several_tracks_the_main_one_is_heard(tmp_path: Path) -> None:
    path = record(tmp_path / "two.mkv", [tone(1, 440), tone(1, 880)])
    assert media_facts(path).audio_tracks == 2
    assert pitch(decode(path)) == pytest.approx(440, abs=4)


def test_the_title_in_the_file(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp4", [tone(0.5)], title="Zwei Möwen 🕊")
    assert media_facts(path).title == "Zwei Möwen 🕊"
    assert media_facts(record(tmp_path / "b.wav", [tone(0.5)])).title is None


@pytest.mark.parametrize("data", [b"", b"just some text\n" * 50, bytes(5000)], ids=["empty", "text", "zeros"])
def test_files_that_are_not_media_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(data)
    with pytest.raises(MediaError, match=r"x\.mp4: expected a media file that is whole"):
        decode(path)


def test_a_truncated_mp4_is_refused_and_a_truncated_stream_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = record(tmp_path / "a.mp4", [music(4.0)]).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])  # its index is at the end
    with pytest.raises(MediaError):
        decode(tmp_path / "cut.mp4")
    sound = record(tmp_path / "a.mp3", [tone(4.0)]).read_bytes()
    (tmp_path / "cut.mp3").write_bytes(sound[: len(sound) // 2])
    assert len(decode(tmp_path / "cut.mp3")) == pytest.approx(2 * SAMPLE_RATE, rel=0.1)


def test_a_damaged_stretch_is_left_out(tmp_path: Path) -> None:
    data = bytearray(record(tmp_path / "a.mp3", [tone(4.0)]).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 900] = bytes(900)
    (tmp_path / "b.mp3").write_bytes(data)
    assert 3 * SAMPLE_RATE < len(decode(tmp_path / "b.mp3")) < 4.2 * SAMPLE_RATE


def test_a_file_cannot_name_other_files(tmp_path: Path) -> None:
    record(tmp_path / "secret.wav", [silence(0.5)])
    lists = {
        "list.mp4": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{tmp_path}/secret.wav\n#EXT-X-ENDLIST\n",
        "list.wav": f"ffconcat version 1.0\nfile '{tmp_path}/secret.wav'\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(MediaError):
            decode(tmp_path / name)


def test_hours_of_silence_in_a_few_bytes_are_not_unpacked(tmp_path: Path) -> None:
    """A FLAC whose header says 1 s and that goes on for twenty minutes."""
    path = record(tmp_path / "quiet.flac", [silence(1200)])
    data = bytearray(path.read_bytes())
    facts = int.from_bytes(data[18:26], "big")
    data[18:26] = (facts >> 36 << 36 | SAMPLE_RATE).to_bytes(8, "big")  # the low 36 bits: how many samples
    path.write_bytes(data)
    assert media_facts(path).duration_s == pytest.approx(SAMPLE_RATE / 16_000, rel=3)
    with pytest.raises(MediaError, match="far more sound than"):
        decode(path)
