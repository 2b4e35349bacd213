"""Media files are transcribed without a home; the next run stores the transcripts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.types import Segment, Transcript
from shortlist.ops.data.erase_kept import erase_kept, waiting
from shortlist.ops.data.inbox import LocalInbox
from shortlist.ops.transcribe import Transcribed, transcribe_waiting
from shortlist.store.catalogue.erasure.subject import Subject
from tests.ops.data.test_arrivals import files, run
from tests.recordings import record, tone

SPOKEN = Transcript((Segment("The Moon is round.", 0.0, 0.4), Segment("Ünd far.", 0.4, 0.9)), "en", "whisper")


class Hears:
    """A transcriber that hears the same in every file."""

    name = "hears"

    def transcribe(self, path: Path) -> Transcript:
        return SPOKEN


Transcribe = Callable[..., list[Transcribed]]


@pytest.fixture
def transcribe(folder: Path) -> Transcribe:
    """transcribe(*names) transcribes what waits in the inbox of the home."""
    folder.mkdir(exist_ok=True)
    inbox = LocalInbox(folder, 0)
    return lambda *names, **limits: list(transcribe_waiting(inbox, Hears, MediaConfig(**limits), names))


def test_the_next_run_stores_the_transcript(transcribe: Transcribe, workplace: Any, folder: Path) -> None:
    (folder / "incoming/media/a day").mkdir()
    record(folder / "incoming/media/a day/one+two ü.wav", [tone(1)])
    [done] = transcribe()
    assert (done.name, done.segments, done.why) == ("a day/one+two ü.wav", 2, None)
    [kept, waiting] = files(folder)
    assert kept == done.kept
    assert waiting.startswith("incoming/transcripts/a day/one+two ü.wav/")
    with workplace() as place:
        [arrival] = run(place)
        assert (arrival.kind, arrival.state, arrival.new) == ("transcripts", "done", 1)
        [video] = place.home.catalogue.videos.get_many(place.home.catalogue.videos.ids()).values()
        assert f"/{video.id}." in kept
        assert (video.title, video.transcript, video.language) == ("one+two ü", SPOKEN, "en")
        assert video.metadata == {"transcribed_by": "hears"}
        assert video.duration_s == pytest.approx(1, abs=0.1)


def test_the_same_file_again_is_one_video(transcribe: Transcribe, workplace: Any, folder: Path) -> None:
    for name in ("one.wav", "two.wav"):
        record(folder / "incoming/media" / name, [tone(1)])
        transcribe(name)
    with workplace() as place:
        run(place)
        assert place.home.catalogue.counts().videos == 1


def test_only_the_named_files_are_transcribed(transcribe: Transcribe, folder: Path) -> None:
    for name in ("one.wav", "two.wav"):
        record(folder / "incoming/media" / name, [tone(1)])
    assert [one.name for one in transcribe("two.wav", "gone.wav")] == ["two.wav"]
    assert "incoming/media/one.wav" in files(folder)


@pytest.mark.parametrize(
    ("name", "limits", "why"),
    [
        ("letter.txt", {}, "not a media file"),
        ("damaged.mp4", {}, "damaged.mp4"),
        ("one.wav", {"max_bytes": 9}, "too large"),
        ("one.wav", {"max_file_duration_s": 0.5}, "too long"),
    ],
)
def test_a_file_that_cannot_be_transcribed_is_put_aside_with_the_reason(
    transcribe: Transcribe, folder: Path, name: str, limits: Any, why: str
) -> None:
    if name == "one.wav":
        record(folder / "incoming/media" / name, [tone(1)])
    else:
        (folder / "incoming/media" / name).write_text("a letter")
    [done] = transcribe(**limits)
    assert why in str(done.why)
    assert files(folder) == [done.kept, f"{done.kept}.why.txt"]
    assert why in (folder / f"{done.kept}.why.txt").read_text()


def test_a_run_leaves_media_to_others(workplace: Any, folder: Path, config: Any) -> None:
    elsewhere = config.model_copy(update={"pipeline": config.pipeline.model_copy(update={"transcribe": False})})
    with workplace() as place:
        record(folder / "incoming/media/clip.wav", [tone(1)])
        assert run(replace(place, config=elsewhere)) == []
        assert files(folder) == ["incoming/media/clip.wav"]
        assert len(run(place)) == 1


def test_forgetting_a_video_deletes_its_file_and_its_transcript(
    transcribe: Transcribe, workplace: Any, folder: Path, tmp_path: Path
) -> None:
    record(folder / "incoming/media/clip.wav", [tone(1)])
    [done] = transcribe()
    subject = Subject("video", Path(done.kept).stem)
    with workplace() as place:
        assert len(list(waiting(place.inbox, folder, tmp_path, [subject]))) == 1
        run(place)
        erased = erase_kept(place.inbox, place.ledger, tmp_path, [subject], [])
        assert erased.deleted == 2
    assert files(folder) == []
