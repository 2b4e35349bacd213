"""The public Python API."""

from __future__ import annotations

import doctest
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import shortlist
import shortlist.home
from shortlist.errors import ConfigError, HomeVersion, ShortlistError, UnknownReader, UsageError
from tests.ingest.history.takeout_exports import watched

CLIP = {"id": "kettle", "title": "Descaling a kettle", "transcript": "Pour vinegar into the kettle and wait an hour."}
LIKE = {"user_id": "ann", "item_id": "kettle", "kind": "video", "action": "like", "at": "2026-11-20T10:00:00Z"}


def ids(answer: Any) -> list[str]:
    return [item.video.id for item in answer.recommendations]


def test_the_examples_of_the_docstrings(home: shortlist.Home) -> None:
    done = doctest.testmod(shortlist.home, globs={"home": home, "shortlist": shortlist})
    assert done.attempted >= 10
    assert not done.failed


def test_a_history_is_imported(home: shortlist.Home, tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    path.write_text(json.dumps([watched(1), watched(2)]))
    done = home.import_history(path, "traveller")
    assert (done.new, done.titles, done.batch.user_id) == (2, 2, "traveller")
    assert home.import_history(path, "traveller").known == 2
    assert [event["action"] for event in home.export_reader("traveller")["events"]] == ["view", "view"]
    with pytest.raises(UsageError, match="without a page"):
        home.import_history(path, "traveller", domains=["lwn.net"])


def test_the_home_is_found_and_gives_what_the_command_prints(folder: Path, home: shortlist.Home) -> None:
    with shortlist.open() as found:
        assert found.path.absolute() == folder / "chroma_db"
        assert ids(found.recommend("user_123", k=5)) == ids(home.recommend("user_123", k=5))


@pytest.mark.parametrize(
    "make",
    [list, tuple, iter, pd.DataFrame, pa.Table.from_pylist, lambda rows: pa.Table.from_pylist(rows).to_batches()[0]],
    ids=["list", "tuple", "iterator", "pandas", "arrow table", "arrow batch"],
)
def test_added_videos_are_found_at_once(home: shortlist.Home, make: Any) -> None:
    assert "kettle" not in ids(home.search("vinegar in a kettle"))
    assert home.add_videos(make([CLIP])).new == 1
    assert ids(home.search("vinegar in a kettle", k=1)) == ["kettle"]
    assert home.add_videos(make([CLIP])).unchanged == 1


def test_what_another_process_adds_is_found_too(folder: Path, home: shortlist.Home) -> None:
    home.search("vinegar")
    with shortlist.open(folder / "chroma_db") as other:
        other.add_videos([CLIP])
    assert ids(home.search("vinegar in a kettle", k=1)) == ["kettle"]


def test_new_events_count_at_once(home: shortlist.Home) -> None:
    home.add_videos([CLIP])
    with pytest.raises(UnknownReader):
        home.recommend("ann")
    assert home.add_events(pd.DataFrame([LIKE])).new == 1
    assert "kettle" not in ids(home.recommend("ann"))
    assert "kettle" in ids(home.recommend("ann", k=1000, filters=shortlist.Filters(include_seen=True)))


def test_records_that_are_refused_are_returned_and_logged(
    home: shortlist.Home, caplog: pytest.LogCaptureFixture
) -> None:
    records: list[Any] = [CLIP, {"id": "untitled"}, {"id": "nan", "title": float("nan")}, 7]
    with caplog.at_level(logging.WARNING):
        loaded = home.add_videos(records)
    assert loaded.new == 1
    assert [failure.where for failure in loaded.failures] == ["records:2", "records:3", "records:4"]
    assert caplog.text.count("not stored: records:") == 3


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (CLIP, "put one record in a list"),
        (7, "found int"),
        ("absent.jsonl", "no such file"),
        (pd.DataFrame([{"id": "a", "name": "x"}]), "missing column title"),
        (pd.DataFrame({"id": ["a", 3], "title": ["x", "y"]}), "one type of value in each column"),
    ],
    ids=["one record", "no records", "no file", "a column is missing", "mixed types"],
)
def test_what_is_no_table_is_refused(home: shortlist.Home, records: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        home.add_videos(records)


def test_a_retriever_of_langchain(home: shortlist.Home) -> None:
    documents = home.as_retriever(user_id="user_123", k=3).invoke("something about the Moon")
    expected = home.recommend("user_123", k=3, about="something about the Moon").recommendations
    assert [one.id for one in documents] == [item.video.id for item in expected]
    for document, item in zip(documents, expected, strict=True):
        assert document.page_content == item.video.transcript.text
        assert document.metadata["reason"] == item.reason
        assert document.metadata["score"] == pytest.approx(item.score, abs=1e-5)
        assert document.metadata["evidence"]["text"] in document.page_content
    searched = home.as_retriever(k=3).batch(["night train", "bread"])
    assert [[one.id for one in found] for found in searched] == [
        ids(home.search(text, k=3)) for text in ("night train", "bread")
    ]
    plain = home.as_retriever(user_id="user_123", k=3).invoke("")
    assert [one.id for one in plain] == ids(home.recommend("user_123", k=3))


def test_a_missing_home_is_refused_unless_it_may_be_created(folder: Path) -> None:
    with pytest.raises(HomeVersion, match="create=True"):
        shortlist.open(folder / "new")
    assert not (folder / "new").exists()
    with shortlist.open(folder / "new", create=True) as home:
        assert home.add_videos([CLIP]).new == 1
        assert str(folder / "new") in repr(home)


def test_a_wrong_setting_is_an_error_of_ours(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"llm\.threads"):
        shortlist.open("chroma_db", settings={"llm": {"threads": 0}})
    assert issubclass(ConfigError, ShortlistError)


def test_the_import_is_light() -> None:
    program = """
import sys, time
before, start = set(sys.modules), time.perf_counter()
import shortlist
print(time.perf_counter() - start, *sorted({name.split(".")[0] for name in set(sys.modules) - before}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    seconds, *imported = done.stdout.split()
    assert not {"pydantic", "numpy", "sqlalchemy", "chromadb", "torch", "langchain_core"} & set(imported)
    assert float(seconds) < 0.1


def test_an_answer_prints_as_a_list_and_becomes_a_table(home: shortlist.Home) -> None:
    home.add_videos([{**CLIP, "title": "Kettles <i>and</i> vinegar", "duration": 60}])
    answer = home.search("vinegar in a kettle", k=2)
    head, first, _ = repr(answer).splitlines()
    assert head.endswith(": 2 videos>")
    assert first.startswith(" 1. Kettles <i>and</i> vinegar | ")
    assert "Kettles &lt;i&gt;and&lt;/i&gt; vinegar</td>" in answer._repr_html_()
    table = answer.to_frame()
    assert table["video_id"].tolist() == ids(answer)
    assert (table["rank"].tolist(), table["duration_s"][0]) == ([1, 2], 60.0)


@pytest.mark.parametrize("k", [0, -1, 2.5, 1001])
def test_a_number_of_results_that_makes_no_sense_is_refused(home: shortlist.Home, k: Any) -> None:
    for ask in (home.search, home.recommend):
        with pytest.raises(UsageError, match="bad k: expected a whole number from 1 to 1000"):
            ask("user_123", k)


def test_a_closed_home_answers_no_more(folder: Path, home: shortlist.Home) -> None:
    other = shortlist.open(folder / "chroma_db")
    other.close()
    other.close()
    assert repr(other) == "<shortlist.Home, closed>"
    with pytest.raises(UsageError, match="the home is closed"):
        other.search("vinegar")
