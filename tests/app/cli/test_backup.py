"""`shortlist ops backup` and `shortlist ops restore` as a user calls them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

DAILY = {"SHORTLIST_BACKUP__DAILY": "true"}


@pytest.fixture
def home(tmp_path: Path, small_home: Path) -> Path:
    return shutil.copytree(small_home, tmp_path / "home")


@pytest.fixture
def shortlist(here: Callable[..., Any], hashed: Any, home: Path) -> Callable[..., Any]:
    return lambda *words, **more: here(*words, home=home, **more)


def listed(shortlist: Callable[..., Any]) -> list[str]:
    return [one["name"] for one in shortlist("ops", "backup", "--list", "--json").document]


def test_a_damaged_home_names_its_backup_and_is_restored(shortlist: Callable[..., Any], home: Path) -> None:
    words = ("search", "moon", "-k", "3", "--json")
    before = shortlist(*words).document["hits"]
    made = shortlist("ops", "backup", "--json").document
    assert (made["left_out"], made["damaged"]) == ([], [])
    assert listed(shortlist) == [made["name"]]
    (home / "catalogue.sqlite3").write_bytes(b"rubbish " * 999)
    shortlist(*words).says(4, "catalogue.sqlite3", "run `shortlist ops restore`", made["name"])
    done = shortlist("ops", "restore")
    assert (done.returncode, made["name"] in done.stdout, "replaced-" in done.stdout) == (0, True, True)
    assert shortlist(*words).document["hits"] == before
    assert shortlist("doctor", "rebuild").returncode == 0
    assert shortlist("ops", "restore", "nonsense").returncode == 2


def test_videos_added_since_are_gone_from_every_answer(shortlist: Callable[..., Any], tmp_path: Path) -> None:
    shortlist("ops", "backup")
    for name in ("lost", "later"):  # the second gets the revision that the first had
        (tmp_path / "more.jsonl").write_text(json.dumps({"id": name, "title": f"A {name} kettle", "transcript": name}))
        assert shortlist("ingest", "videos", str(tmp_path / "more.jsonl")).returncode == 0
        found = [hit["video_id"] for hit in shortlist("search", "kettle", "-k", "61", "--json").document["hits"]]
        assert found[0] == name
        assert len({"lost", "later"} & set(found)) == 1
        if name == "lost":
            assert shortlist("ops", "restore").returncode == 0
    assert shortlist("doctor").returncode in (0, 3)


def test_damaged_records_are_named_and_older_backups_kept(shortlist: Callable[..., Any], home: Path) -> None:
    one = {"SHORTLIST_BACKUP__KEEP": "1"}
    sound = shortlist("ops", "backup", "--json", **one).document["name"]
    file = home / "catalogue.sqlite3"
    file.write_bytes(file.read_bytes().replace(b"moon, told", b"moon, tolt", 1))
    done = shortlist("ops", "backup", **one)
    assert (done.returncode, "damaged" in done.stderr) == (1, True)
    assert sound in listed(shortlist)
    assert len(listed(shortlist)) == 2


def test_answers_note_damage_that_a_check_has_found_until_it_is_repaired(
    shortlist: Callable[..., Any], home: Path
) -> None:
    def notes() -> list[str]:
        return [note["code"] for note in shortlist("recommend", "ann", "--json").document["notes"]]

    def spoil() -> None:
        file = home / "catalogue.sqlite3"
        file.write_bytes(file.read_bytes().replace(b"moon, told", b"moon, tolt"))  # a chat may quote it, too

    shortlist("ops", "backup")
    spoil()
    for check in (["doctor"], ["ops", "backup"]):
        assert "home-damaged" not in notes()
        assert shortlist(*check).returncode != 0
        assert "home-damaged" in notes()
        assert "catalogue; run `shortlist doctor`" in shortlist("recommend", "ann").stderr
        repair = ["ops", "restore", "--json", listed(shortlist)[-1]] if check == ["doctor"] else ["doctor", "rebuild"]
        assert shortlist(*repair).returncode in (0, 1)
        if check == ["doctor"]:
            assert "home-damaged" not in notes()
            spoil()
    assert "home-damaged" not in notes()


def test_a_home_of_an_older_schema_is_backed_up_before_it_is_migrated(
    shortlist: Callable[..., Any], home: Path
) -> None:
    with closing(sqlite3.connect(home / "catalogue.sqlite3")) as connection, connection:
        for table, column in (("steps", "cause"), ("events", "arrived"), ("experiments", "design")):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")  # which later versions added
        connection.execute("UPDATE meta SET value = '4' WHERE key = 'schema_version'")
    assert shortlist("status").returncode == 0
    [name] = listed(shortlist)
    manifest = json.loads((home / "backups" / name / "backup.json").read_text())
    assert manifest["meta"]["schema_version"] == "4"
    assert set(manifest["files"]) >= {"catalogue.sqlite3", "vectors.sqlite3"}


def test_trained_models_are_not_in_a_backup_and_it_says_so(shortlist: Callable[..., Any], home: Path) -> None:
    assert "trained" not in shortlist("ops", "backup").stderr
    (home / "trained" / "versions").mkdir(parents=True)
    assert "trained models are not in this backup" in shortlist("ops", "backup").stderr


def test_an_ingest_backs_up_once_a_day(shortlist: Callable[..., Any], home: Path, tables: Path) -> None:
    for _ in range(2):
        assert shortlist("ingest", "events", str(tables / "events.csv"), **DAILY).returncode == 0
        [name] = listed(shortlist)
    manifest = home / "backups" / name / "backup.json"
    document = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**document, "created": "2026-01-01T00:00:00Z"}))
    small = shortlist("ingest", "events", str(tables / "events.csv"), SHORTLIST_BACKUP__MAX_BYTES="1000", **DAILY)
    assert "backup.max_bytes" in small.stderr
    assert len(listed(shortlist)) == 1
    assert shortlist("ingest", "articles", str(tables / "articles.jsonl"), **DAILY).returncode == 0
    assert len(listed(shortlist)) == 2


def test_another_folder_may_hold_the_backups(shortlist: Callable[..., Any], home: Path, tmp_path: Path) -> None:
    elsewhere = {"SHORTLIST_BACKUP__FOLDER": str(tmp_path / "elsewhere")}
    assert shortlist("ops", "backup", **elsewhere).returncode == 0
    shutil.rmtree(home)
    assert shortlist("ops", "restore", **elsewhere).returncode == 0
    assert len(shortlist("search", "moon", "--json").document["hits"]) == 10
    assert (tmp_path / "elsewhere").stat().st_mode & 0o077 == 0
