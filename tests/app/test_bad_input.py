"""Bad input from end to end: what is sound is kept, what is not is named, and nothing lands where it should not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NO_MODEL = {"SHORTLIST_LLM__PROVIDER": "ollama", "SHORTLIST_LLM__OLLAMA_URL": "http://127.0.0.1:9"}


@pytest.fixture
def shortlist(here: Callable[..., Any], hashed: Any, tmp_path: Path) -> Any:
    """Runs a command on a home that is not there yet, without a language model."""
    return lambda *words: here(*words, home=tmp_path / "home", **NO_MODEL)


GOOD: list[dict[str, Any]] = [
    {"id": "plain", "title": "A plain video", "transcript": "Plain words."},
    {"id": "../../../outside", "title": "Its id looks like a path", "transcript": "Somewhere else."},
    {"id": "silent", "title": "Nobody speaks", "transcript": " "},
    {"id": "long", "title": "A hundred kilobytes", "transcript": "rhubarb custard " * 6_400},
    {"id": "twice", "title": "First", "transcript": "The first text."},
    {"id": "twice", "title": "Second", "transcript": "The second text."},
]
BAD: list[tuple[bytes, str]] = [
    (b'{"id": "half", "title": "Half a', "not JSON"),
    (b'{"id": "latin", "title": "Caf\xe9"}', "wrong encoding"),
    (b'{"id": "bell\\u0007", "title": "N"}', "printable"),
    (b'{"id": "pair", "title": "half \\ud800"}', "not JSON"),
    (b'{"id": "untitled"}', "title"),
]
BAD_FIELDS: list[tuple[bytes, str]] = [
    (b'{"id": "nan", "title": "N", "duration": NaN}', "duration"),
    (b'{"id": "past", "title": "N", "duration": -3}', "duration"),
    (b'{"id": "late", "title": "N", "published": "2026-11-20T10:00:00"}', "a time with a zone"),
    (b'{"id": "era", "title": "N", "published": "0001-01-01T00:00:00+14:00"}', "published"),
]


def test_sound_rows_are_kept_and_bad_ones_named(shortlist: Any, tmp_path: Path) -> None:
    file = tmp_path / "videos.jsonl"
    bad = BAD + BAD_FIELDS
    file.write_bytes(b"\n".join([*(json.dumps(row).encode() for row in GOOD), *(line for line, _ in bad)]))
    before = {path.name for path in tmp_path.iterdir()} | {"home"}
    done = shortlist("ingest", "videos", str(file))
    assert done.returncode == 1
    assert f"{5 + len(BAD_FIELDS)} new, 0 changed, 0 unchanged, {len(BAD)} failed" in done.stdout
    assert f"{len(BAD_FIELDS)} optional fields could not be read and were left out of their rows" in done.stdout
    assert "ids with different texts: 1: twice (last at" in done.stderr
    for at, (_, reason) in enumerate(bad, start=len(GOOD) + 1):
        told = next(line for line in done.stderr.splitlines() if f"videos.jsonl:{at} " in line)
        assert reason in told
        assert "expected" in told
        assert "found" in told
    assert {path.name for path in tmp_path.iterdir()} == before
    hits = shortlist("search", "rhubarb custard", "-k", "9", "--json").document["hits"]
    assert "long" in {hit["video_id"] for hit in hits}
    assert "Second" in {hit["title"] for hit in shortlist("search", "text", "-k", "9", "--json").document["hits"]}
    states = {one["name"]: one["state"] for one in json.loads(shortlist("doctor", "--json").stdout)["checks"]}
    assert {states[name] for name in ("catalogue", "documents", "indexes", "self-retrieval")} == {"ok"}


@pytest.mark.parametrize(
    ("what", "text", "said"),
    [
        ("videos", "a,b\nc,d\n", ("missing column title", "name the columns in the first row")),
        ("videos", "id;titel\na;b\n", ("missing column title", "rename titel to title, or add --map title='titel'")),
        ("events", "user,item_id,kind,action,at\n", ("missing column user_id", "rename user to user_id")),
    ],
)
def test_a_table_without_its_columns_is_refused(
    shortlist: Any, tmp_path: Path, what: str, text: str, said: tuple[str, ...]
) -> None:
    file = tmp_path / "table.csv"
    file.write_text(text)
    shortlist("ingest", what, str(file)).says(2, *said)


def test_of_several_tables_the_good_are_kept_and_the_bad_reported(shortlist: Any, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl.gz"
    good.write_text(json.dumps(GOOD[0]))
    done = shortlist("ingest", "videos", str(good), str(tmp_path / "absent.jsonl"))
    assert (done.returncode, done.stdout) == (2, "")
    bad.write_bytes(b"no archive")
    done = shortlist("ingest", "videos", str(bad), str(good))
    assert done.returncode == 1
    assert "1 new" in done.stdout
    assert "damaged archive" in done.stderr


def test_swapped_columns_are_reported(shortlist: Any, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("user_id,item_id,kind,action,at\nann,v,view,video,2026-11-20T10:00:00Z\n")
    done = shortlist("ingest", "events", str(file))
    assert done.returncode == 1
    assert "swap the two column names" in done.stderr


def test_an_empty_home_answers(shortlist: Any, tmp_path: Path) -> None:
    events = tmp_path / "events.csv"
    events.write_text("user_id,item_id,kind,action,at\nann,nowhere,video,view,2026-11-20T10:00:00Z\n")
    assert shortlist("ingest", "events", str(events)).returncode == 0
    status = shortlist("status", "--json").document
    assert (status["events"], status["events_of_unknown_items"], status["videos"]) == (1, 1, 0)
    answer = shortlist("recommend", "ann", "--json").document
    assert answer["recommendations"] == []
    assert "few-results" in {note["code"] for note in answer["notes"]}
    assert shortlist("search", "volcanoes", "--json").document["hits"] == []
    shortlist("recommend", "anne").says(2, "the nearest ids are ann")
    assert shortlist("chat", "recommend for ann").returncode == 0


def test_of_many_failures_the_first_are_shown_and_the_rest_counted(shortlist: Any, tmp_path: Path) -> None:
    file = tmp_path / "videos.jsonl"
    file.write_text("half a line\n" * 25)
    told = shortlist("ingest", "videos", str(file)).stderr
    assert [f"videos.jsonl:{at} " in told for at in (1, 20, 21)] == [True, True, False]
    assert "and 5 more; --json lists them all" in told
