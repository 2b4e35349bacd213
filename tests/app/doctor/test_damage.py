"""A damaged, foreign, full or locked home: named in one line with the command that mends it, and mended by it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.store.home import Home
from shortlist.store.sql import schema
from tests.small_disk import small_disk

pytestmark = pytest.mark.integration

Command = Callable[..., Any]

NO_MODEL = {
    "SHORTLIST_LLM__PROVIDER": "auto", "SHORTLIST_LLM__MODEL": "none", "SHORTLIST_MODELS__PATHS": '{none = "-"}',
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, small_home: Path) -> Path:
    """A home of the tables."""
    return shutil.copytree(small_home, tmp_path / "home")


@pytest.fixture
def shortlist(here: Command, hashed: Any, home: Path) -> Command:
    """Runs a command on `home` with the hash encoder."""
    return lambda *words, **more: here(*words, **{"home": home, **NO_MODEL, **more})


def findings(shortlist: Command, **more: Any) -> dict[str, Any]:
    done = shortlist("doctor", "--json", **more)
    return {one["name"]: one for one in json.loads(done.stdout)["checks"]}


DERIVED = ("home", "catalogue", "caches", "embeddings", "documents", "indexes", "self-retrieval")


def check_sound(shortlist: Command, **more: Any) -> None:
    found = findings(shortlist, **more)
    for name in DERIVED:
        assert found[name]["state"] == "ok", found[name]


def found_by(shortlist: Command, **more: Any) -> list[dict[str, Any]]:
    return list(shortlist("recommend", "ann", "--json", **more).document["recommendations"])


def flip(file: Path, at: int) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 0x10
    file.write_bytes(content)


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip_last(file: Path) -> None:
    flip(file, -1)


def rot(file: Path, change: Callable[[bytearray], None]) -> None:
    """Change the content of `file` and leave its times alone, as a failing disk does."""
    times, content = file.stat(), bytearray(file.read_bytes())
    change(content)
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


FILES = ("vectors.npy", "ids.txt", "rows.npy", "starts.npy", "keys.npy", "category.npy", "names.json")


def same_answer(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    assert [item["video_id"] for item in one] == [item["video_id"] for item in other]
    assert [item["score"] for item in one] == pytest.approx([item["score"] for item in other], abs=1e-5)


def test_a_sound_home_passes_every_check(here: Command, home: Path, hashed: Any) -> None:
    done = here("doctor", home=home)  # with the tiny language model
    assert done.returncode == 0, done.stdout
    assert "60 of 60 videos are found first" in done.stdout
    assert "smollm2-135m" in done.stdout
    checks = json.loads(here("doctor", "--json", home=home).stdout)["checks"]
    fine = {one["name"] for one in checks if one["state"] == "ok"}
    assert fine >= {*DERIVED, "encoder", "language model", "versions"}


def test_what_is_missing_from_outside_is_distinguished(shortlist: Command, tmp_path: Path) -> None:
    dead = {"SHORTLIST_LLM__PROVIDER": "ollama", "SHORTLIST_LLM__OLLAMA_URL": "http://127.0.0.1:9"}
    assert shortlist("doctor").returncode == 0
    assert findings(shortlist)["language model"]["state"] == "warning"
    assert shortlist("doctor", **dead).returncode == 3
    assert "ollama serve" in findings(shortlist, **dead)["language model"]["remedy"]
    assert shortlist("doctor", home=tmp_path / "nowhere").returncode == 4


@pytest.mark.parametrize(
    ("name", "spoil"),
    [("vectors.npy", flip_last), ("ids.txt", truncate), ("names.json", flip_last)]
    + [pytest.param(name, spoil, marks=pytest.mark.slow) for name in FILES for spoil in (truncate, flip_last)],
)
def test_a_damaged_index_is_rebuilt_by_itself(
    shortlist: Command, home: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    before = found_by(shortlist)
    spoil(next(path for path in sorted((home / "indexes").glob(f"*/{name}")) if path.stat().st_size > 20))
    doctor = findings(shortlist)["indexes"]
    assert (doctor["state"], "shortlist doctor rebuild" in doctor["remedy"]) == ("broken", True)
    same_answer(found_by(shortlist), before)
    assert findings(shortlist)["indexes"]["state"] == "ok"


@pytest.mark.parametrize("name", ["vectors.npy", *(pytest.param(name, marks=pytest.mark.slow) for name in FILES[1:])])
def test_a_flipped_bit_in_an_index_file_of_the_same_time_changes_no_answer(
    shortlist: Command, home: Path, name: str
) -> None:
    before = found_by(shortlist)
    file = next(path for path in sorted((home / "indexes").glob(f"*/{name}")) if path.stat().st_size > 20)
    rot(file, lambda content: content.__setitem__(-2, content[-2] ^ 0x10))
    assert f"{name} with a wrong checksum" in findings(shortlist)["indexes"]["found"]
    same_answer(found_by(shortlist), before)
    assert findings(shortlist)["indexes"]["state"] == "ok"


def test_a_changed_number_in_the_manifest_of_the_index_is_noticed(shortlist: Command, home: Path) -> None:
    before = found_by(shortlist)
    path = home / "indexes" / "manifest.json"
    entry = '"dead":[]'
    assert entry in path.read_text()
    path.write_text(path.read_text().replace(entry, '"dead":[0]', 1))
    same_answer(found_by(shortlist), before)
    assert findings(shortlist)["indexes"]["state"] == "ok"


def flip_middle(file: Path) -> None:
    flip(file, file.stat().st_size // 2)


@pytest.mark.parametrize(
    ("where", "spoil"),
    [
        ("chroma.sqlite3", flip_middle),
        ("*/data_level0.bin", truncate),
        pytest.param("chroma.sqlite3", truncate, marks=pytest.mark.slow),
        pytest.param("*/data_level0.bin", flip_middle, marks=pytest.mark.slow),
    ],
)
def test_a_damaged_chroma_is_named_and_repaired_by_rebuild(
    shortlist: Command, home: Path, tables: Path, where: str, spoil: Callable[[Path], None]
) -> None:
    before = found_by(shortlist)
    spoil(next((home / "chroma").glob(where)))
    same_answer(found_by(shortlist), before)  # who only reads the indexes notices nothing
    assert "shortlist doctor rebuild" in findings(shortlist)["documents"]["remedy"]
    shortlist("ingest", "videos", str(tables / "videos.jsonl")).says(4, "chroma", "shortlist doctor rebuild")
    assert shortlist("doctor", "rebuild").returncode == 0
    same_answer(found_by(shortlist), before)
    assert shortlist("doctor").returncode == 0


def test_a_bit_in_a_text_of_the_catalogue_is_named_and_repaired_by_ingesting_again(
    shortlist: Command, home: Path, tables: Path
) -> None:
    file = home / "catalogue.sqlite3"
    flip(file, file.read_bytes().index(b"moon, told"))
    doctor = findings(shortlist)["catalogue"]
    assert doctor["state"] == "broken"
    assert "differs from what was stored" in doctor["found"]
    done = shortlist("doctor", "rebuild", "--json")
    assert done.returncode == 1
    assert len(json.loads(done.stdout)["damaged"]) == 1
    assert "ingest it again" in done.stderr
    again = shortlist("ingest", "videos", str(tables / "videos.jsonl"))
    assert "0 new, 1 changed, 59 unchanged" in again.stdout
    assert shortlist("doctor", "rebuild", "--json").document["damaged"] == []
    assert shortlist("doctor").returncode == 0


def test_a_broken_page_of_the_catalogue_is_named_with_what_to_do(shortlist: Command, home: Path) -> None:
    file = home / "catalogue.sqlite3"
    content = bytearray(file.read_bytes())
    at = content.index(b"moon, told") // 4096 * 4096
    content[at : at + 64] = b"\xff" * 64
    file.write_bytes(content)
    for words in (("recommend", "ann", "-k", "60"), ("doctor", "rebuild")):
        shortlist(*words).says(4, "catalogue.sqlite3", "backup")
    assert findings(shortlist)["catalogue"]["state"] == "broken"


@pytest.mark.parametrize("name", ["vectors.sqlite3", "answers.sqlite3"])
def test_a_damaged_cache_is_named_and_repaired_by_rebuild(shortlist: Command, home: Path, name: str) -> None:
    (home / name).write_bytes(b"rubbish " * 2000)
    doctor = findings(shortlist)["caches"]
    assert (doctor["state"], doctor["remedy"]) == ("broken", "shortlist doctor rebuild")
    assert name in doctor["found"]
    assert shortlist("doctor", "rebuild").returncode == 0
    assert shortlist("doctor").returncode == 0


def test_a_home_from_a_newer_version_is_refused(shortlist: Command, home: Path) -> None:
    _set(home, "schema_version", "99")
    for words in (("recommend", "ann"), ("status",), ("doctor", "rebuild")):
        shortlist(*words).says(4, "newer Shortlist", "update Shortlist")
    assert findings(shortlist)["home"]["state"] == "broken"


def test_an_older_home_is_migrated_with_a_backup(shortlist: Command, home: Path) -> None:
    with closing(sqlite3.connect(home / "catalogue.sqlite3")) as connection:
        connection.execute("DROP TABLE keys")  # which version 4 added
        for table, column in (("steps", "cause"), ("events", "arrived"), ("experiments", "design")):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")  # which versions 5, 8 and 9 added
        connection.commit()
    _set(home, "schema_version", "3")
    assert len(found_by(shortlist)) == 10
    with closing(sqlite3.connect(home / "catalogue.v3.sqlite3")) as backup:
        assert backup.execute("SELECT count(*) FROM videos").fetchone() == (60,)
    assert shortlist("doctor").returncode == 0


def _set(home: Path, key: str, value: str) -> None:
    with closing(sqlite3.connect(home / "catalogue.sqlite3")) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = ?", (value, key))
        connection.commit()


def test_another_encoder_is_refused_until_rebuild(shortlist: Command) -> None:
    other = {"SHORTLIST_ENCODER__NAME": "other"}
    shortlist("recommend", "ann", **other).says(4, "shortlist doctor rebuild --encoder other")
    done = shortlist("doctor", "rebuild", "--encoder", "other")
    assert done.returncode == 0
    assert 'encoder.name = "other"' in done.stderr
    assert len(shortlist("recommend", "ann", "--json", **other).document["recommendations"]) == 10
    shortlist("recommend", "ann").says(4, "shortlist doctor rebuild --encoder hash-32")
    assert shortlist("doctor", **other).returncode == 0


def test_an_encoder_that_cannot_be_loaded_changes_nothing(shortlist: Command) -> None:
    before = found_by(shortlist)
    shortlist("doctor", "rebuild", "--encoder", "nonsense").says(2, "nonsense")
    same_answer(found_by(shortlist), before)


def remount(folder: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", folder], check=True)


def fill(folder: Path, left: int) -> None:
    """A file that leaves `left` bytes."""
    (folder / "ballast").write_bytes(b"\0" * max(0, shutil.disk_usage(folder).free - left))


SOME = [pytest.param(150_000)]
MANY = [pytest.param(left, marks=pytest.mark.slow) for left in (0, 20_000, 40_000, 300_000, 500_000, 700_000, 900_000)]


@pytest.mark.parametrize("left", SOME + MANY)
def test_a_full_disk_costs_the_command_and_nothing_else(
    shortlist: Command, tmp_path: Path, small_home: Path, left: int
) -> None:
    disk, more = tmp_path / "disk", tmp_path / "more.jsonl"
    rows = [{"id": f"w{at}", "title": f"More {at}", "transcript": f"word{at} " * 200} for at in range(300)]
    more.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with small_disk(disk, "16m"):
        home = shutil.copytree(small_home, disk / "home")
        fill(disk, left)
        shortlist("ingest", "videos", str(more), home=home).says(4, "cannot write", "free some space")
        (disk / "ballast").unlink()
        assert len(found_by(shortlist, home=home)) == 10
        assert shortlist("ingest", "videos", str(more), home=home).returncode == 0
        check_sound(shortlist, home=home)
        assert shortlist("status", "--json", home=home).document["videos"] == 360


def test_a_disk_without_any_room_is_named_to_a_reader(shortlist: Command, tmp_path: Path, small_home: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, "16m"):
        home = shutil.copytree(small_home, disk / "home")
        fill(disk, 0)
        shortlist("recommend", "ann", home=home).says(4, "free some space")
        (disk / "ballast").unlink()
        fill(disk, 200_000)
        assert len(found_by(shortlist, home=home)) == 10


def test_a_read_only_folder_is_named(shortlist: Command, tmp_path: Path, tables: Path, small_home: Path) -> None:
    disk, videos = tmp_path / "disk", str(tables / "videos.jsonl")
    with small_disk(disk, "16m"):
        home = shutil.copytree(small_home, disk / "home")
        remount(disk, "ro")
        for words in (("ingest", "videos", videos), ("doctor", "rebuild"), ("recommend", "ann")):
            shortlist(*words, home=home).says(4, "cannot write", "--home")
        shortlist("ingest", "videos", videos, home=disk / "new").says(4, "--home")
        assert findings(shortlist, home=home)["home"]["state"] == "broken"
        remount(disk, "rw")
        check_sound(shortlist, home=home)


def test_signs_flipped_in_an_embedding_are_found_and_rebuild_encodes_it_again(shortlist: Command, home: Path) -> None:
    before = shortlist("search", "Video 1 about moon", "-k", "5", "--json").document["hits"]
    with closing(sqlite3.connect(home / "vectors.sqlite3")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        vectors = [row[0] for row in connection.execute("SELECT vector FROM vectors")]

    def flip_signs(content: bytearray) -> None:
        for vector in vectors[:7]:
            at = content.index(vector)
            for byte in range(at + 3, at + len(vector), 4):
                content[byte] ^= 0x80

    rot(home / "vectors.sqlite3", flip_signs)
    found = findings(shortlist)
    assert (found["caches"]["state"], found["caches"]["remedy"]) == ("broken", "shortlist doctor rebuild")
    assert "7 damaged rows" in found["caches"]["found"]
    assert found["embeddings"]["state"] == "warning"
    assert shortlist("doctor", "rebuild").returncode == 0
    assert shortlist("doctor").returncode == 0
    again = shortlist("search", "Video 1 about moon", "-k", "5", "--json").document["hits"]
    assert [hit["video_id"] for hit in again] == [hit["video_id"] for hit in before]


def test_embeddings_that_the_encoder_does_not_make_are_found(shortlist: Command, home: Path, hashed: Any) -> None:
    with Home.open(home) as store:
        rows = store.embeddings.table.read(schema.vectors.c.encoder == "hash-32")
        turned = {row.text_sha: -np.frombuffer(row.vector, dtype="<f4") for row in rows}
        store.embeddings.put("hash-32", turned)  # with sound checksums
    found = findings(shortlist)["embeddings"]
    assert found["state"] == "broken"
    assert "encoded again" in found["found"]
    assert found["remedy"].endswith("shortlist doctor rebuild")


@pytest.mark.parametrize("place", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_a_flipped_byte_of_the_cowatch_counts_is_found_and_counted_again(
    shortlist: Command, home: Path, place: float
) -> None:
    before = found_by(shortlist)
    file = home / "indexes" / "cowatch.npz"

    def flip_one(content: bytearray) -> None:
        content[int(place * len(content))] ^= 0x01

    rot(file, flip_one)
    found = findings(shortlist)["indexes"]
    assert (found["state"], "cowatch.npz" in found["found"]) == ("warning", True)
    same_answer(found_by(shortlist), before)
    assert findings(shortlist)["indexes"]["state"] == "ok"
