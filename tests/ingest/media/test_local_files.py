"""Files and folders of this machine, as dirty as they come."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.errors import MediaError, UsageError
from shortlist.core.notes import Note
from shortlist.ingest.load import IngestResult
from shortlist.ingest.media.choose_source import source_of
from shortlist.ingest.media.local_files import LocalSource
from shortlist.ingest.media.source import MediaFilter
from shortlist.ingest.tables.rows import Failure
from shortlist.store.home import Home
from tests.recordings import record, silence, tone

pytestmark = pytest.mark.integration

Ingest = Callable[..., IngestResult]


def titles(home: Home) -> list[str]:
    return sorted(video.title for _, video in home.catalogue.videos.iterate())


def reasons(loaded: IngestResult) -> dict[str, str]:
    return {Path(failure.where).name: failure.reason for failure in loaded.failures}


def passed_over(number: int) -> Note:
    return Note("passed-over", f"{number} skipped: too long, too old or live")


def test_a_folder_becomes_searchable_videos(home: Home, ingest: Ingest, tmp_path: Path, scribe: Any) -> None:
    folder = tmp_path / "clips"
    (folder / "deeper").mkdir(parents=True)
    record(folder / "one.mp4", [tone(1)], title="A loaf of bread")
    record(folder / "deeper" / "two_rolls.wav", [tone(1, 500)])
    (folder / "README.md").write_text("not media, and no failure")
    loaded = ingest(folder)
    assert (loaded.new, loaded.failures) == (2, ())
    assert titles(home) == ["A loaf of bread", "two_rolls"]
    video = next(video for _, video in home.catalogue.videos.iterate() if video.title == "A loaf of bread")
    assert video.id.startswith("sha256:")
    assert video.duration_s == pytest.approx(1, abs=0.1)
    assert (video.transcript.text, video.transcript.origin) == ("Bake the bread in the oven.", "whisper")
    assert (video.language, video.metadata["transcribed_by"]) == ("en", "scribe")
    assert video.category == "Food"
    assert home.documents.count() == 4
    assert home.catalogue.steps.counts() == {step: {"done": 2} for step in ("download", "transcribe", "store")}
    assert home.catalogue.steps.mean_seconds().keys() == {"download", "transcribe", "store"}


def test_a_frame_of_a_file_is_kept_as_its_picture(home: Home, ingest: Ingest, tmp_path: Path) -> None:
    film = record(tmp_path / "film.mp4", [tone(1)], picture=True)
    ingest(film, record(tmp_path / "sound.wav", [tone(1, 500)]))
    pictures = {video.title: home.pictures.get(video.id) for _, video in home.catalogue.videos.iterate()}
    assert pictures["film"] is not None
    assert pictures["film"].read_bytes().startswith(b"\xff\xd8\xff")
    assert pictures["sound"] is None
    record(film, [tone(1, 700)], picture=True)
    ingest(film)
    assert len(list((home.path / "pictures").iterdir())) == 1  # that of the replaced content is removed


def test_ingesting_again_does_nothing_and_a_changed_file_is_new(
    home: Home, ingest: Ingest, tmp_path: Path, scribe: Any
) -> None:
    path = record(tmp_path / "a.wav", [tone(1)])
    ingest(path)
    assert (ingest(path).unchanged, len(scribe.heard)) == (1, 1)
    record(path, [tone(2)])
    assert (ingest(path).new, len(scribe.heard)) == (1, 2)


def test_the_same_content_twice_is_one_video_with_two_locations(
    home: Home, ingest: Ingest, tmp_path: Path, scribe: Any
) -> None:
    first = record(tmp_path / "a.wav", [tone(1)])
    second = tmp_path / "b.wav"
    second.write_bytes(first.read_bytes())
    loaded = ingest(tmp_path)
    assert (loaded.new, len(scribe.heard)) == (1, 1)
    assert [note.code for note in loaded.notes] == ["same-content"]
    [video_id] = home.catalogue.videos.ids()
    assert home.catalogue.locations.of_video(video_id) == [str(first), str(second)]
    moved = tmp_path / "c.wav"
    first.rename(moved)
    assert (ingest(moved).new, len(scribe.heard)) == (0, 1)


def test_a_file_that_was_saved_again_replaces_its_video(home: Home, ingest: Ingest, tmp_path: Path) -> None:
    path = record(tmp_path / "a.wav", [tone(1)])
    ingest(path)
    [old] = home.catalogue.videos.ids()
    record(path, [tone(1, 880)])
    loaded = ingest(path)
    [new] = home.catalogue.videos.ids()
    assert new != old
    assert (loaded.new, loaded.notes) == (
        1, (Note("content-replaced", "1 removed: their files or addresses have other content now"),)
    )  # fmt: skip
    assert {one.split(":", 1)[1] for one in home.documents.ids()} == {new}


def test_a_copy_elsewhere_keeps_the_video_of_a_file_that_was_saved_again(
    home: Home, ingest: Ingest, tmp_path: Path
) -> None:
    path = record(tmp_path / "a.wav", [tone(1)])
    (tmp_path / "b.wav").write_bytes(path.read_bytes())
    ingest(tmp_path)
    record(path, [tone(1, 880)])
    assert ingest(tmp_path).notes == ()
    assert len(home.catalogue.videos.ids()) == 2


def test_a_file_that_was_only_touched_is_unchanged(home: Home, ingest: Ingest, tmp_path: Path, scribe: Any) -> None:
    path = record(tmp_path / "a.wav", [tone(1)])
    ingest(path)
    os.utime(path, (1, 1))
    loaded = ingest(path)
    assert (loaded.new, loaded.unchanged, loaded.notes, len(scribe.heard)) == (0, 1, (), 1)


def test_a_failure_whose_file_is_now_a_copy_is_forgotten(
    home: Home, ingest: Ingest, tmp_path: Path, scribe: Any
) -> None:
    good, bad = record(tmp_path / "a.wav", [tone(1)]), record(tmp_path / "b.wav", [tone(1, 880)])
    scribe.fails = lambda path: MediaError("no", expected="x", found="y", remedy="z") if path.name == "b.wav" else None
    assert len(ingest(tmp_path).failures) == 1
    bad.write_bytes(good.read_bytes())
    assert ingest(tmp_path).failures == ()
    assert home.catalogue.steps.failures() == []


def test_one_bad_file_never_stops_the_rest(home: Home, ingest: Ingest, tmp_path: Path) -> None:
    good = record(tmp_path / "good.mp4", [tone(2)]).read_bytes()
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "truncated.mp4").write_bytes(good[: len(good) // 2])
    (tmp_path / "text.mp4").write_text("I am a text.\n" * 99)
    (tmp_path / "picture.mp4").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(90))
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "around").symlink_to(tmp_path, target_is_directory=True)
    loaded = ingest(tmp_path)
    assert loaded.new == 1
    found = reasons(loaded)
    assert set(found) == {"empty.mp4", "truncated.mp4", "text.mp4", "picture.mp4", "loop.mp4", "gone.mp4", "pipe.mp4"}
    assert "an empty file" in found["empty.mp4"]
    assert "audio or video" in found["picture.mp4"]
    assert "symbolic links" in found["loop.mp4"]
    failed = {Path(one.item).name: one.step for one in home.catalogue.steps.failures()}
    assert failed["text.mp4"] == "download"
    assert failed["loop.mp4"] == "list"


def test_a_failure_that_is_repaired_is_forgotten(home: Home, ingest: Ingest, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"")
    assert len(ingest(path).failures) == 1
    record(path, [tone(1)])
    assert ingest(path).failures == ()
    link = tmp_path / "b.wav"
    link.symlink_to(tmp_path / "c.wav")
    assert len(ingest(tmp_path).failures) == 1
    record(tmp_path / "c.wav", [tone(2)])
    assert ingest(tmp_path).failures == ()
    assert home.catalogue.steps.failures() == []


def test_silence_and_no_sound_track_are_videos_with_a_note(
    home: Home, ingest: Ingest, tmp_path: Path, scribe: Any
) -> None:
    record(tmp_path / "mute.mp4", picture=True)

    class Deaf:
        name = "deaf"

        def transcribe(self, path: Path) -> Any:
            from shortlist.core.types import Transcript

            return Transcript(origin="whisper")

    scribe.transcribe = Deaf().transcribe
    loaded = ingest(tmp_path)
    assert loaded.new == 1
    assert loaded.notes == (
        Note("no-speech", "1 without recognisable speech: searchable by title and description only"),
    )
    assert home.documents.count() == 1


@pytest.mark.parametrize(
    "name", ["🎬🔥.wav", "שלום עולם.wav", "-rf.wav", "a'b\"c;$(x).wav", "100%(title)s.wav", " .wav"]
)
def test_names_of_every_kind(home: Home, ingest: Ingest, tmp_path: Path, name: str) -> None:
    record(tmp_path / "x.wav", [tone(1)]).rename(tmp_path / name)
    loaded = ingest(tmp_path)
    assert (loaded.new, loaded.failures) == (1, ())
    assert titles(home)[0].strip()


def test_a_name_that_is_not_utf8_is_named(ingest: Ingest, tmp_path: Path) -> None:
    record(tmp_path / "x.wav", [tone(1)]).rename(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    assert "not UTF-8" in ingest(tmp_path).failures[0].reason


def test_limits(home: Home, ingest: Ingest, tmp_path: Path, media: MediaConfig) -> None:
    for n in range(3):
        record(tmp_path / f"{n}.wav", [tone(1 + n)])
    loaded = ingest(tmp_path, media_filter=MediaFilter(max_duration_s=1.5))
    assert (loaded.new, loaded.failures) == (1, ())
    assert loaded.notes[-1] == passed_over(2)
    assert home.catalogue.steps.counts()["download"] == {"done": 1, "skipped": 2}
    small = media.model_copy(update={"max_bytes": 60_000})
    found = reasons(ingest(tmp_path, media=small))
    assert found.keys() == {"1.wav", "2.wav"}
    assert "too large" in found["2.wav"]


def test_a_file_of_three_hours_is_passed_over_without_being_decoded(
    ingest: Ingest, tmp_path: Path, scribe: Any
) -> None:
    path = record(tmp_path / "long.flac", [silence(30)])
    data = bytearray(path.read_bytes())
    # The number of samples in the header of a flac file: 36 bits from bit 172 on. Three hours at 16 kHz.
    head = int.from_bytes(data[18:26]) & ~((1 << 36) - 1) | 3 * 3600 * 16_000
    data[18:26] = head.to_bytes(8)
    path.write_bytes(data)
    loaded = ingest(path, media_filter=MediaFilter(max_duration_s=180))
    assert loaded.notes == (passed_over(1),)
    assert scribe.heard == []


def test_the_limit_takes_the_first(ingest: Ingest, tmp_path: Path) -> None:
    for n in range(4):
        record(tmp_path / f"{n}.wav", [tone(0.5, 300 + 100 * n)])
    assert ingest(tmp_path, media_filter=MediaFilter(limit=3)).new == 3


def test_the_limit_counts_what_is_short_enough(ingest: Ingest, tmp_path: Path) -> None:
    for n, seconds in enumerate((3, 3, 1, 1)):
        record(tmp_path / f"{n}.wav", [tone(seconds, 300 + 100 * n)])
    loaded = ingest(tmp_path, media_filter=MediaFilter(max_duration_s=2, limit=1))
    assert (loaded.new, loaded.notes) == (1, (passed_over(2),))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become someone who may not read")
def test_a_folder_that_cannot_be_read_is_a_failure(tmp_path: Path, media: MediaConfig) -> None:
    closed = tmp_path / "open" / "closed"
    closed.mkdir(parents=True)
    for folder in (tmp_path, *(one for one in tmp_path.parents if one.name.startswith(("pytest-", "popen-")))):
        folder.chmod(0o755)
    closed.chmod(0o700)
    source = LocalSource(tmp_path / "open", media, MediaFilter())
    os.seteuid(65534)
    try:
        entries = list(source.items())
    finally:
        os.seteuid(0)
    assert entries == [Failure(str(closed), "cannot read the folder: Permission denied", "unreadable")]


@pytest.mark.parametrize("text", ["ftp://example.org/a.mp4", "file:///etc/passwd", "javascript://x"])
def test_other_schemes_are_refused(text: str, media: MediaConfig) -> None:
    with pytest.raises(UsageError, match="unknown kind of source"):
        source_of(text, media, MediaFilter())


def test_a_password_in_an_address_is_refused(media: MediaConfig) -> None:
    with pytest.raises(UsageError, match="a password in an address") as error:
        source_of("https://me:hunter2@example.org/a.mp4", media, MediaFilter())
    assert "hunter2" not in str(error.value)


def test_a_path_that_is_not_there_is_wrong_usage(ingest: Ingest, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        ingest(tmp_path / "nowhere")
