"""Readers are forgotten: no file of the home holds them, and its counts are those of a home that never had them."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shortlist.app.privacy.export_reader import export_reader
from shortlist.app.privacy.forget import forget
from shortlist.app.privacy.receipt import verify_receipt
from shortlist.core.config import Config, StoreConfig
from shortlist.core.config_sections.copies import BackupConfig
from shortlist.core.errors import RecordError, UnknownReader, UsageError
from shortlist.core.exposures import Exposure, ShownItem
from shortlist.core.ranking import Request
from shortlist.core.types import Attributed, Event, Objective, Reader, Video
from shortlist.ops.features.build import build
from shortlist.ops.features.local_store import LocalFeatureStore
from shortlist.ops.features.views import VIEWS
from shortlist.retrieval.index.cowatch_file import load_links
from shortlist.retrieval.index.index import FOLDER
from shortlist.store.backups.backup import back_up, list_backups
from shortlist.store.catalogue.erasure.subject import READER, Subject
from shortlist.store.home import Home
from shortlist.store.home_files import CHAT_HISTORY, LAST_READER, RECEIPTS
from tests.killed_child import in_child

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
VIDEOS = 30


def name(number: int) -> str:
    return f"reader-number-{number:04}"


def said(number: int) -> str:
    return f"private words of the {number:04}th"


def exposure(number: int) -> Exposure:
    request = Request(name(number), wish=said(number))
    return Exposure(f"request of {name(number)}", NOW, request, (ShownItem("v00", 1, 0.5),), 1, 6, "none", "settings")


def fill(path: Path, numbers: Sequence[int], encoder: str = "hash-32") -> None:
    """A home whose readers watched at random, wrote in chats and have keys, tastes and cached answers."""
    with Home.open(path, encoder) as home:
        with home.writing():
            home.catalogue.videos.put([Video(f"v{at:02}", f"Video {at}") for at in range(VIDEOS)])
        events: list[Event] = []
        for number in numbers:
            rng = random.Random(number)
            for at, item in enumerate(rng.sample(range(VIDEOS), 6)):
                moment = NOW - timedelta(minutes=7 * number - at)
                events.append(Event(name(number), f"v{item:02}", "video", "view", moment))
        home.catalogue.events.add([replace(one, request_id=f"{one.user_id}-{at}") for at, one in enumerate(events)])
        home.catalogue.exposures.put([exposure(number) for number in numbers])
        for number in numbers[::50]:
            home.catalogue.objectives.put(name(number), Objective(channels=((said(number), -1.0),)))
        for number in numbers[:: max(1, len(numbers) // 20)]:
            turn = {"message": said(number), "user": None, "speaker": name(number)}
            home.catalogue.threads.add(f"thread {number}", turn)
            home.catalogue.tastes.put(name(number), Attributed(f"Likes what {said(number)} are", "model"), ["tea"], 6)
            home.catalogue.keys.create(f"reader:{name(number)}", f"phone of {name(number)}")
        load_links(home, path / FOLDER)


def kill_at(work: Callable[[], object], calls: int) -> bool:
    """Run `work` in a child that is killed before its `calls`-th call of a C function. Return whether it was."""
    left = calls

    def count(_frame: object, event: str, _function: object) -> None:
        nonlocal left
        if event == "c_call":
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    def run() -> None:
        sys.setprofile(count)
        work()
        sys.setprofile(None)

    return os.WIFSIGNALED(in_child(run))


def calls_of(work: Callable[[], object]) -> int:
    """Run `work` and return its number of calls of C functions."""
    calls = 0

    def count(_frame: object, event: str, _function: object) -> None:
        nonlocal calls
        calls += event == "c_call"

    sys.setprofile(count)
    work()
    sys.setprofile(None)
    return calls


def run(path: Path, users: list[str], **more: Any) -> Any:
    with Home.open(path) as home:
        return forget(home, Config(home=path), [Subject(READER, user) for user in users], **more)


def raw(path: Path) -> bytes:
    files = [one for one in path.rglob("*") if one.is_file()]
    return b"\n".join(one.read_bytes() for one in files)


def counts(path: Path) -> Any:
    with Home.open(path) as home:
        links = load_links(home, path / FOLDER)
        arrays = (links.forward.data, links.forward.indices, links.forward.indptr, links.watched)
        popular = home.catalogue.events.popularity(7)
        return links.ids, [one.tobytes() for one in arrays], links.readers, popular


def forget_at_random(folder: Path, readers: int, forgotten: int, kills: int, together: int = 1, seed: int = 0) -> int:
    """Forget some of `readers` in random order, `together` at once, with kills at any time of a run.

    Compare with a home that never had them.

    Return the number of kills that happened.
    """
    path, without = folder / "home", folder / "without"
    rng = random.Random(seed)
    fill(path, range(readers))
    gone = rng.sample(range(readers), forgotten)
    groups = [[name(number) for number in gone[at : at + together]] for at in range(0, forgotten, together)]
    calls = calls_of(partial(run, path, groups[0]))
    killed_in = set(rng.sample(range(1, len(groups)), kills))
    killed = 0
    for at, users in enumerate(groups[1:], start=1):
        if at in killed_in:
            killed += kill_at(partial(run, path, users), rng.randrange(200, calls))
        try:
            run(path, users)
        except UnknownReader:  # the child had finished
            assert at in killed_in
    content = raw(path)
    for number in gone:
        for form in (name(number), said(number)):
            for encoding in ("utf-8", "utf-16-le", "utf-32-le"):
                assert form.encode(encoding) not in content
    fill(without, [number for number in range(readers) if number not in gone])
    assert counts(path) == counts(without)
    return killed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    fill(tmp_path / "home", range(5))
    return tmp_path / "home"


def test_no_file_holds_forgotten_readers_after_a_kill(tmp_path: Path) -> None:
    forget_at_random(tmp_path, readers=60, forgotten=20, kills=1, together=10)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_no_file_holds_two_hundred_of_two_thousand(tmp_path: Path) -> None:
    assert forget_at_random(tmp_path, readers=2000, forgotten=200, kills=60, seed=1) >= 20


def test_a_kill_at_any_step_is_completed_by_the_next_run(path: Path) -> None:
    def child() -> object:
        return run(path, [name(1)])

    rng, killed = random.Random(3), 0
    for _ in range(3):
        killed += kill_at(child, rng.randrange(500, 3000))
    with Home.open(path) as home:
        assert killed == 3
        unfinished = home.catalogue.erasures.is_unfinished()
    run(path, [] if unfinished else [name(1)])
    assert name(1).encode() not in raw(path)


@pytest.mark.parametrize("treatment", ["rewrite", "delete"])
def test_a_kill_does_not_spare_the_backups(path: Path, treatment: Any) -> None:
    """Killed at eight places from its first to its last call, a run is completed without naming anything again."""
    back_up(path, path / "backups")
    shutil.copytree(path, path.with_name("counted"))
    calls = calls_of(lambda: run(path.with_name("counted"), [name(1)], backups=treatment))
    killed = 0
    for part in range(1, 9):
        copy = shutil.copytree(path, path.with_name(f"copy-{part}"))
        killed += kill_at(lambda copy=copy: run(copy, [name(1)], backups=treatment), calls * part // 9)  # type: ignore[misc]
        with Home.open(copy) as home:
            begun = home.catalogue.erasures.is_unfinished()
            erased = not home.catalogue.erasures.exists(Subject(READER, name(1)))
        if begun or not erased:
            run(copy, [] if begun else [name(1)], backups="keep" if begun else treatment)
        assert name(1).encode() not in raw(copy)
    assert killed >= 6


def test_a_receipt_names_nobody_and_is_signed(path: Path) -> None:
    (path / LAST_READER).write_text(name(2))
    (path / CHAT_HISTORY).write_text(f"\n# 2026-11-20\n+what does {name(2)} like?\n")
    done = run(path, [name(2)], prove=True)
    assert done.proved, done.receipt["proof"]
    (erased,) = done.receipt["readers"]
    assert erased["erased"] == {
        "readers": 1, "events": 6, "tastes": 1, "objectives": 0, "exposures": 1, "features": 0,
        "messages": 1, "keys": 1, "imports": 0,
    }  # fmt: skip
    assert name(2).encode() not in raw(path)
    assert verify_receipt(path, done.path)["readers"] == [erased]
    done.path.write_text(done.path.read_text().replace('"events": 6', '"events": 5'))
    with pytest.raises(RecordError, match="not a receipt"):
        verify_receipt(path, done.path)
    assert (path / RECEIPTS / "key").stat().st_mode & 0o077 == 0
    with pytest.raises(UnknownReader):
        run(path, [name(2)])
    with pytest.raises(UsageError, match="nothing to forget"):
        run(path, [])


def test_a_proof_finds_what_was_left_behind(path: Path) -> None:
    (path / "chat-history.old").write_text(f"ask {name(3)}, please")
    (path / "wide.npy").write_bytes(name(3).encode("utf-32-le"))
    proof = run(path, [name(3)], prove=True).receipt["proof"]
    assert (proof["holds"], proof["traces"]) == (False, ["chat-history.old", "wide.npy"])
    for left in proof["traces"]:
        (path / left).unlink()
    before = counts(path)
    again = run(path, [name(3)], prove=True)  # there is nothing to forget any more, but the proof can be repeated
    assert again.proved, again.receipt["proof"]
    assert [one["kind"] for one in again.receipt["absent"]] == [READER]
    assert "offline feature store" in " ".join(again.receipt["proof"]["not_searched"])
    assert verify_receipt(path, again.path)["forgotten"] is None
    assert counts(path) == before


@pytest.mark.parametrize("treatment", ["keep", "rewrite", "delete"])
def test_backups_are_listed_rewritten_or_deleted(path: Path, treatment: Any) -> None:
    made = back_up(path, path / "backups")
    done = run(path, [name(4)], backups=treatment)
    assert (name(4).encode() in raw(path)) is (treatment == "keep")
    left = list_backups(path / "backups")
    assert len(left) == (treatment != "delete")
    if treatment == "keep":  # they can be cleaned later
        assert run(path, [name(4)], backups="delete").receipt["backups"]["deleted"] == [made.path.name]
        assert name(4).encode() not in raw(path)
    verb = {"keep": "hold", "rewrite": "rewritten", "delete": "deleted"}[treatment]
    assert done.receipt["backups"][verb] == [made.path.name]
    if treatment == "rewrite":
        with Home.open(left[0].path) as old:
            assert list(old.catalogue.readers.ids()) == [name(at) for at in range(4)]


def test_other_readers_and_their_words_stay(path: Path) -> None:
    with Home.open(path) as home:
        home.catalogue.events.add([Event(f"{name(1)}-b", "v01", "video", "view", NOW)])
        home.catalogue.threads.add("b", {"message": "hello", "user": f"{name(1)}-b", "speaker": None})
    run(path, [name(1)], prove=True)
    with Home.open(path) as home:
        assert home.catalogue.readers.get_many([name(1)]) == {}
        assert home.catalogue.threads.get("b")[0]["message"] == "hello"
        assert [key.reader for key in home.catalogue.keys.all()] == [name(at) for at in (0, 2, 3, 4)]


def test_an_export_holds_all_of_one_reader_and_nothing_of_others(path: Path) -> None:
    with Home.open(path) as home:
        document = export_reader(home, Config(home=path), name(1))
        with pytest.raises(UnknownReader):
            export_reader(home, Config(home=path), "nobody")
    assert [len(document[part]) for part in ("events", "messages", "keys")] == [6, 1, 1]
    assert document["taste"]["tags"] == ["tea"]
    (shown,) = document["exposures"]
    assert (shown["request"]["wish"], shown["items"][0]["item_id"]) == (said(1), "v00")
    assert (document["reader"]["id"], document["messages"][0]["message"]) == (name(1), said(1))
    assert not any(name(at) in str(document) for at in (0, 2, 3, 4))


def test_a_catalogue_on_a_server_forgets_rows_and_says_what_it_cannot(tmp_path: Path, servers: StoreConfig) -> None:
    with Home.open(tmp_path / "home", "hash-32", servers) as home:
        home.catalogue.readers.put([Reader("somebody-else", NOW)])
        home.catalogue.events.add([Event("somebody-known", "v01", "video", "view", NOW)])
        home.catalogue.threads.add("t", {"message": "hello", "user": "somebody-known", "speaker": None})
        config = Config(home=tmp_path / "home", store=servers, backup=BackupConfig())
        done = forget(home, config, [Subject(READER, "somebody-known")], prove=True)
        assert done.proved, done.receipt["proof"]
        assert done.receipt["wiped"] is False
        assert any("PostgreSQL" in place for place in done.receipt["outside"])
        assert list(home.catalogue.readers.ids()) == ["somebody-else"]
        assert home.catalogue.threads.get("t") == []


def built_features(path: Path) -> dict[str, list[Any]]:
    """Build the features of the home, by the times of its events, and return the rows of every file."""
    config = Config.model_validate({"home": path, "features": {"clock": "event"}})
    with Home.open(path) as home:
        build(home, config, LocalFeatureStore(home), NOW + timedelta(hours=1))
    files = sorted((path / "features").rglob("*.parquet"))
    return {str(file.relative_to(path)): pl.read_parquet(file).rows() for file in files}


def test_no_feature_holds_a_forgotten_reader(tmp_path: Path) -> None:
    everybody, others = tmp_path / "everybody", tmp_path / "others"
    fill(everybody, range(6))
    fill(others, [0, 1, 3, 4, 5])
    before = built_features(everybody)
    assert any(name(2) in row for rows in before.values() for row in rows)
    with Home.open(everybody) as home:
        exported = export_reader(home, Config(home=everybody), name(2))["features"]
    assert {row["view"] for row in exported} == {"reader", "reader_item"}
    for report in ("drift.json", "drift.html"):
        (everybody / report).write_text("a title")
    forgotten = run(everybody, [name(2)], prove=True)
    assert forgotten.proved
    assert not [*everybody.glob("drift.*")]
    assert forgotten.receipt["readers"][0]["erased"]["features"] == len(exported)
    assert not (everybody / "features").exists()
    with Home.open(everybody) as home:
        assert [home.catalogue.features.get_many(view.name, view.keys[0], [name(0)]) for view in VIEWS.values()] == [
            [], [], [], [],
        ]  # fmt: skip
    assert built_features(everybody) == built_features(others)
