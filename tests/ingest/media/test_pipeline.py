"""The stages together: they overlap, stay within bounds, stop cleanly and are taken up again."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from shortlist.core.errors import HomeLocked, ModelMissing, StateError
from shortlist.ingest.load import IngestResult
from shortlist.ingest.media.pipeline import MAX_DOWNLOADED
from shortlist.store.home import Home
from shortlist.store.outbox import pending
from shortlist.store.sql.sqlite import SqliteDatabase
from tests.memory_source import MemorySource
from tests.recordings import record, tone

pytestmark = pytest.mark.integration

Ingest = Callable[..., IngestResult]
ROOT = Path(__file__).parents[3]


def test_captions_need_no_speech_model(home: Home, ingest: Ingest, scribe: Any) -> None:
    assert ingest(MemorySource(5, files=False)).new == 5
    assert scribe.heard == []
    assert home.catalogue.videos.get("v3").transcript.origin == "captions"
    assert home.documents.count() == 10


def test_a_fast_stage_waits_for_a_slow_one(ingest: Ingest, scribe: Any) -> None:
    source = MemorySource(60)
    ahead: list[int] = []

    def watch(_path: Path) -> None:
        ahead.append(source.fetched - len(scribe.heard))

    scribe.fails = watch
    assert ingest(source).new == 60
    assert max(ahead) <= MAX_DOWNLOADED + 2 + 1  # what waits, what each download thread holds, what is being heard


def test_an_unexpected_error_is_that_items_alone(home: Home, ingest: Ingest, scribe: Any) -> None:
    scribe.fails = lambda path: ZeroDivisionError("oops") if path.name == "2.wav" else None
    loaded = ingest(MemorySource(5))
    assert loaded.new == 4
    assert [(failure.where, failure.reason) for failure in loaded.failures] == [
        ("shelf:2", "unexpected: ZeroDivisionError('oops')")
    ]
    assert list((home.path / "media").iterdir()) == []


@pytest.mark.parametrize("kind", [StateError, ModelMissing])
def test_what_would_fail_for_all_stops_the_run_and_keeps_what_is_done(
    home: Home, ingest: Ingest, scribe: Any, kind: Any
) -> None:
    error = kind("stop", expected="room", found="none", remedy="free some")
    scribe.fails = lambda path: error if len(scribe.heard) == 4 else None
    with pytest.raises(kind):
        ingest(MemorySource(20))
    done = len(home.catalogue.videos.ids())
    assert done <= 3
    assert home.catalogue.steps.failures() == []
    scribe.fails = lambda _path: None
    assert ingest(MemorySource(20)).new == 20 - done
    assert home.documents.count() == 40


def test_media_is_kept_on_request(home: Home, ingest: Ingest, media: Any) -> None:
    ingest(MemorySource(2), media=media.model_copy(update={"keep_media": True}))
    assert sorted(path.name for path in (home.path / "media").iterdir()) == ["0.wav", "1.wav"]


def test_a_second_writer_is_refused_at_once(home: Home, ingest: Ingest) -> None:
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with home.writing("testing"):
            held.set()
            release.wait(120)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(120)
    with pytest.raises(HomeLocked):
        ingest(MemorySource(1))
    release.set()
    thread.join()


def test_a_run_that_ends_at_any_write_is_taken_up(tmp_path: Path, hash_encoder: Any, media: Any, config: Any) -> None:
    from shortlist.ingest.media.pipeline import Models, load_media

    models = Models(lambda: pytest.fail("captions are there"), lambda: hash_encoder)
    source = MemorySource(1, files=False)
    stored = []
    for moment in range(1, 100):
        with Home.open(tmp_path / str(moment), "hash-32") as home:
            left = moment

            def end(connection: Connection) -> None:
                nonlocal left
                writes = connection.get_execution_options()["begin"] == SqliteDatabase.BEGIN_WRITING
                left -= writes and threading.current_thread() is threading.main_thread()
                if left == 0:
                    raise KeyboardInterrupt

            event.listen(Engine, "commit", end)
            try:
                load_media(home, [source], models, config, media)
            except KeyboardInterrupt:
                left = -1
            finally:
                event.remove(Engine, "commit", end)
            if left > 0:
                break  # there is no such write
            stored.append(len(home.catalogue.videos.ids()))
            again = load_media(home, [source], models, config, media)
            assert (again.new, again.unchanged, again.notes) == (1 - stored[-1], stored[-1], ())
            assert home.documents.count() == 2
            assert pending(home) == 0
    assert set(stored) == {0, 1}


# Ingests a folder with a speech model that stops at the third file until it is killed. A test run in the background has
# Ctrl-C switched off, and its children with it.
CHILD = """
import signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from shortlist.core.config_sections.ingest import IngestConfig, MediaConfig
from shortlist.core.types import Segment, Transcript
from shortlist.ingest.media.source import MediaFilter
from shortlist.ingest.media.pipeline import Models, load_media
from shortlist.ingest.media.choose_source import source_of
from shortlist.store.home import Home
from tests.conftest import HashEncoder

class Slow:
    name = "slow"
    heard = 0
    def transcribe(self, path):
        Slow.heard += 1
        if Slow.heard == 3:
            print("third", flush=True)
            threading.Event().wait(120)
        return Transcript((Segment("Bread rises.", 0.0, 1.0),), "en", "whisper")

home, folder = map(Path, sys.argv[1:])
media = MediaConfig()
with Home.open(home, "hash-32") as opened:
    models = Models(Slow, HashEncoder)
    load_media(opened, [source_of(str(folder), media, MediaFilter())], models, IngestConfig(), media)
"""


@pytest.mark.servers
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_is_taken_up(
    tmp_path: Path, hash_encoder: Any, scribe: Any, media: Any, config: Any, how: int
) -> None:
    from shortlist.ingest.media.choose_source import source_of
    from shortlist.ingest.media.pipeline import Models, load_media
    from shortlist.ingest.media.source import MediaFilter

    folder = tmp_path / "clips"
    folder.mkdir()
    for n in range(6):
        record(folder / f"{n}.wav", [tone(0.3, 300 + 50 * n)])
    command = [sys.executable, "-c", CHILD, str(tmp_path / "home"), str(folder)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "third\n"
    child.send_signal(how)
    child.wait(120)
    child.stdout.close()
    with Home.open(tmp_path / "home", "hash-32") as home:
        before = len(home.catalogue.videos.ids())
        models = Models(lambda: scribe, lambda: hash_encoder)
        loaded = load_media(home, [source_of(str(folder), media, MediaFilter())], models, config, media)
        assert before <= 2
        assert (loaded.new, loaded.unchanged, loaded.failures) == (6 - before, before, ())
        assert len(scribe.heard) == 6 - before
        assert home.documents.count() == 12
        assert pending(home) == 0
