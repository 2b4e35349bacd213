"""Readers and videos are forgotten in the files that the pipeline keeps."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shortlist.app.privacy.export_reader import export_reader
from shortlist.app.privacy.forget import Forgotten, forget
from shortlist.core.config import Config
from shortlist.core.config_sections.operations import PipelineConfig
from shortlist.core.errors import UsageError
from shortlist.core.types import Transcript
from shortlist.ingest.media.pipeline import Models
from shortlist.ops.data.arrivals import ingest_arrivals, take_arrivals, validate_arrivals
from shortlist.ops.data.inbox import LocalInbox
from shortlist.ops.data.ledger import Ledger
from shortlist.ops.data.workplace import Workplace
from shortlist.store.catalogue.erasure.subject import READER, Subject
from shortlist.store.home import Home
from tests.app.privacy.test_forget import raw
from tests.conftest import HashEncoder

HEADER = "user_id,item_id,kind,action,at\n"
AT = "2026-11-20T10:00:00Z"
GONE = Subject(READER, "reader-gone")
VIDEO = Subject("video", "video-gone")


class Silent:
    """A transcriber that hears nothing."""

    name = "silent"

    def transcribe(self, path: Path) -> Transcript:
        return Transcript()


def event(user: str, item: str, action: str = "view") -> str:
    return f"{user},{item},video,{action},{AT}\n"


def config_of(path: Path) -> Config:
    return Config(home=path, pipeline=PipelineConfig(settle_s=0))


def put(path: Path, name: str, content: bytes) -> None:
    file = path / "incoming" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def store(path: Path) -> None:
    """Run the three steps of the pipeline over what is in incoming/."""
    encoder = HashEncoder()
    with Home.open(path, encoder.name) as home:
        ledger = Ledger(path)
        place = Workplace(home, config_of(path), LocalInbox(path, 0), ledger, Models(Silent, lambda: encoder))
        for step in (take_arrivals, validate_arrivals, ingest_arrivals):
            step(place)
        ledger.close()


def run(path: Path, *subjects: Subject) -> Forgotten:
    with Home.open(path) as home:
        return forget(home, config_of(path), subjects, prove=True)


@pytest.fixture
def path(arrived: Path, tmp_path: Path) -> Path:
    return shutil.copytree(arrived, tmp_path / "home")


@pytest.fixture(scope="module")
def arrived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home into which tables of every format arrived: good, with bad rows, and refused."""
    path = tmp_path_factory.mktemp("arrived") / "home"
    videos = "".join(f'{{"id": "video-{name}", "title": "All about {name} things"}}\n' for name in ("gone", "kept"))
    put(path, "videos/all.jsonl", videos.encode())
    rows = [("reader-gone", "video-kept"), ("reader-kept", "video-gone"), ("reader-kept", "video-kept")]
    text = "".join(event(*row) for row in rows)
    put(path, "events/day.csv", (HEADER + text + event("reader-gone", "video-kept", "bought")).encode())
    put(path, "events/more.csv", (HEADER + text.replace("view", "like")).encode())
    lines = "".join(f'{{"user_id": "{user}", "interests": ["tea"]}}\n' for user in ("reader-gone", "reader-kept"))
    put(path, "readers/all.jsonl.gz", gzip.compress(lines.encode()))
    put(path, "events/reader-gone.csv", (HEADER + event("reader-gone", "video-kept", "click")).encode())
    put(path, "events/broken.csv", b"user,video\nreader-gone,video-kept\nreader-kept,video-kept\n")
    parquet = path / "incoming" / "events" / "day.parquet"
    table = {"user_id": [row[0] for row in rows], "item_id": [row[1] for row in rows]}
    rest = {"kind": ["video"] * 3, "action": ["click"] * 3, "at": [AT] * 3}
    pl.DataFrame(table | rest).write_parquet(parquet)
    store(path)
    return path


def kept(path: Path) -> dict[str, str]:
    """The texts of all files that the pipeline keeps, by name and without the number of the arrival."""
    texts = {}
    for file in sorted(one for folder in ("done", "quarantine", "failed") for one in (path / folder).rglob("*")):
        if file.is_file():
            content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            name = ".".join(part for part in file.relative_to(path).as_posix().split(".") if not part.isdigit())
            texts[name] = pl.read_parquet(file).write_csv() if file.suffix == ".parquet" else content.decode()
    return texts


def test_a_reader_is_erased_from_all_kept_files(path: Path) -> None:
    before = kept(path)
    assert "reader-gone" in before["quarantine/events/day.csv"]
    assert "reader-gone" in before["failed/events/broken.csv"]
    done = run(path, GONE)
    assert done.proved, done.receipt["proof"]
    assert done.receipt["arrivals"] == {"rewritten": 6, "deleted": 1, "unsearched": []}
    after = kept(path)
    assert after["done/events/day.csv"] == HEADER + event("reader-kept", "video-gone") + event(
        "reader-kept", "video-kept"
    )
    assert after["done/readers/all.jsonl.gz"] == '{"user_id": "reader-kept", "interests": ["tea"]}\n'
    assert after["failed/events/broken.csv"] == "user,video\nreader-kept,video-kept\n"
    lines = [f"reader-kept,video-gone,video,click,{AT}\n", f"reader-kept,video-kept,video,click,{AT}\n"]
    assert after["done/events/day.parquet"] == HEADER + "".join(lines)
    assert not any("reader-gone" in text for text in after.values())
    assert "done/events/reader-gone.csv" in before.keys() - after.keys()
    assert b"reader-gone" not in raw(path)


def test_an_export_names_the_files_that_hold_the_reader(path: Path) -> None:
    put(path, "events/late.csv", (HEADER + event("reader-gone", "video-kept", "skip")).encode())
    with Home.open(path) as home:
        files = export_reader(home, config_of(path), GONE.id)["files"]
    names = [".".join(part for part in name.split(".") if not part.isdigit()) for name in files]
    assert names == [
        "done/events/day.csv", "done/events/day.parquet", "done/events/more.csv", "done/events/reader-gone.csv",
        "done/readers/all.jsonl.gz", "failed/events/broken.csv", "incoming/events/late.csv",
        "quarantine/events/day.csv",
    ]  # fmt: skip
    assert not any(one.is_file() for one in (path / "processing").rglob("*"))


def test_a_video_is_erased_from_all_kept_files(path: Path) -> None:
    assert run(path, VIDEO).proved
    after = kept(path)
    assert after["done/videos/all.jsonl"] == '{"id": "video-kept", "title": "All about kept things"}\n'
    assert len(after["done/events/day.csv"].splitlines()) == 1 + 3
    assert not any("video-gone" in text for text in after.values())


def test_a_file_that_waits_must_be_stored_first(path: Path) -> None:
    put(path, "events/next.csv", (HEADER + event("reader-kept", "video-kept", "skip")).encode())
    put(path, "events/late.csv", (HEADER + event("reader-gone", "video-kept", "skip")).encode())
    with pytest.raises(UsageError, match=r"incoming/events/late\.csv"):
        run(path, GONE)
    with Home.open(path) as home:
        assert home.catalogue.erasures.exists(GONE)
    store(path)
    assert run(path, GONE).proved


def test_the_same_file_does_not_bring_a_reader_back(path: Path) -> None:
    content = next((path / "done" / "events").glob("more.*")).read_bytes()
    run(path, GONE)
    put(path, "events/again.csv", content)
    store(path)
    with Home.open(path) as home:
        assert not home.catalogue.erasures.exists(GONE)


def test_a_file_that_cannot_be_read_is_reported(path: Path) -> None:
    (path / "failed" / "events").mkdir(parents=True, exist_ok=True)
    (path / "failed" / "events" / "odd.parquet").write_bytes(b"PAR1 not really")
    arrivals: Any = run(path, GONE).receipt["arrivals"]
    assert arrivals["unsearched"] == ["failed/events/odd.parquet"]
