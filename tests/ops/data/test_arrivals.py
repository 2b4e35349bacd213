"""Files that arrive are stored once, or put where a person finds them."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlist.ops.data.arrivals import accept, ingest_arrivals, take_arrivals, validate_arrivals
from shortlist.ops.data.ledger import Arrival
from shortlist.ops.data.workplace import Workplace
from tests.ops.conftest import outcomes
from tests.recordings import record, tone

Put = Callable[[str, str], Path]
HEADER = "user_id,item_id,kind,action,at\n"
ROOT = Path(__file__).parents[3]
DAY = HEADER + "".join(f"u{n},v{n},video,view,2026-11-20T10:00:00Z\n" for n in range(20))
VIDEOS = "".join(f'{{"id": "v{n}", "title": "Moon {n}"}}\n' for n in range(20))


def run(place: Workplace) -> list[Arrival]:
    """Run the three steps; the arrivals in their last state."""
    found = {one.number: one for step in (take_arrivals, validate_arrivals, ingest_arrivals) for one in step(place)}
    return list(found.values())


def files(folder: Path) -> list[str]:
    """All files of the inbox below the home."""
    places = ("incoming", "processing", "done", "quarantine", "failed")
    return sorted(
        str(path.relative_to(folder)) for place in places for path in (folder / place).rglob("*") if path.is_file()
    )


def test_content_is_stored_before_the_events_about_it(workplace: Any, put: Put, folder: Path) -> None:
    put("events/day.csv", DAY)
    put("videos/new.jsonl", VIDEOS)
    put("articles/news.csv", "title,body\nMoon,It is round.\n")
    put("readers/readers.jsonl", '{"user_id": "u1", "interests": ["space"]}\n')
    with workplace() as place:
        assert outcomes(run(place)) == dict.fromkeys(("day.csv", "new.jsonl", "news.csv", "readers.jsonl"), "done")
        counts = place.home.catalogue.counts()
        assert (counts.videos, counts.articles, counts.events, counts.events_unknown_item) == (20, 1, 20, 0)
        assert place.home.catalogue.readers.get("u1").interests == ("space",)
    assert files(folder) == [
        "done/articles/news.2.csv", "done/events/day.4.csv", "done/readers/readers.3.jsonl", "done/videos/new.1.jsonl",
    ]  # fmt: skip


def test_the_same_content_is_stored_once(workplace: Any, put: Put, folder: Path) -> None:
    put("events/day.csv", DAY)
    with workplace() as place:
        run(place)
        put("events/again.csv", DAY)
        put("events/day.csv", DAY)
        assert outcomes(run(place)) == {"again.csv": "duplicate", "day.csv": "duplicate"}
        assert place.home.catalogue.counts().events == 20
        put("events/day.csv", DAY + "u1,v2,video,like,2026-11-20T11:00:00Z\n")
        [arrival] = run(place)
        assert (arrival.state, arrival.new, arrival.unchanged) == ("done", 1, 20)
    assert files(folder) == ["done/events/day.1.csv", "done/events/day.4.csv"]


def test_bad_rows_are_put_aside_corrected_and_put_back(workplace: Any, put: Put, folder: Path) -> None:
    put("events/day.csv", DAY + "u1,v1,video,bought,2026-11-20T10:00:00Z\n,v1,video,view,yesterday\nhalf,a row\n")
    with workplace() as place:
        [arrival] = run(place)
        assert (arrival.state, arrival.rows, arrival.new, arrival.bad) == ("done", 23, 20, 3)
        aside = folder / arrival.quarantine
        with aside.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["quarantine_row"] for row in rows] == ["22", "23", "24"]
        assert rows[0]["quarantine_reasons"].startswith("bad action: expected one of impression, click")
        assert "found 'yesterday'" in rows[1]["quarantine_reasons"]
        assert rows[2]["quarantine_text"] == "half,a row"
        corrected = aside.read_text().replace("bought", "like").replace("yesterday", "2026-11-20T12:00:00Z")
        put("events/corrected.csv", corrected.replace("\n,v1", "\nu2,v1"))
        [again] = run(place)
        assert (again.rows, again.new, again.bad) == (3, 2, 1)
        assert place.home.catalogue.counts().events == 22


def test_the_columns_of_the_quarantine_are_not_stored(workplace: Any, put: Put, folder: Path) -> None:
    put("videos/v.jsonl", VIDEOS + '{"id": "bad", "title": "Sun", "duration": -1, "tags": ["a"]}\n')
    with workplace() as place:
        [arrival] = run(place)
        [row] = map(json.loads, (folder / arrival.quarantine).read_text().splitlines())
        assert row["quarantine_reasons"].startswith("bad duration: expected finite seconds")
        assert row["tags"] == ["a"]
        put("videos/corrected.jsonl", json.dumps({**row, "duration": 60}))
        run(place)
        video = place.home.catalogue.videos.get("bad")
        assert (video.duration_s, dict(video.metadata)) == (60, {})


def test_an_event_twice_in_a_file_is_one_and_two_with_one_id_are_none(workplace: Any, put: Put) -> None:
    twice = "u1,v1,video,view,2026-11-20T10:00:00Z,e1\n" * 2
    taken = "u1,v1,video,view,2026-11-20T10:00:00Z,e2\nu1,v2,video,view,2026-11-20T10:00:00Z,e2\n"
    put("events/day.csv", "user_id,item_id,kind,action,at,event_id\n" + twice + taken)
    with workplace() as place:
        [arrival] = run(place)
        assert (arrival.new, arrival.repeated, arrival.bad) == (1, 1, 2)
        assert arrival.broken == {"event_id unique": 2}


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("events/day.csv", "user,item\nu1,v1\n", "missing column"),
        ("events/day.parquet", "no parquet", "unreadable table"),
        ("events/day.jsonl.gz", "no archive", "damaged archive"),
        ("events/day.doc", "a letter", "not a table"),
        ("media/clip.txt", "a letter", "not a media file"),
    ],
)
def test_a_file_that_is_no_table_fails_with_the_reason(
    workplace: Any, put: Put, folder: Path, name: str, text: str, why: str
) -> None:
    put(name, text)
    with workplace() as place:
        [arrival] = run(place)
    assert arrival.state == "failed"
    assert why in (folder / f"{arrival.kept}.why.txt").read_text()
    assert str(folder) not in " ".join(arrival.why)
    assert (folder / arrival.kept).read_text() == text


def test_a_batch_that_is_mostly_bad_is_refused_until_it_is_accepted(workplace: Any, put: Put, folder: Path) -> None:
    bad = "".join(f"u{n},v1,video,bought,2026-11-20T10:00:00Z\n" for n in range(180))
    put("events/day.csv", DAY + bad)
    with workplace() as place:
        [arrival] = run(place)
        assert (arrival.state, arrival.why[0]) == ("refused", "180 of 200 rows are bad (90%, allowed are 50%)")
        assert place.home.catalogue.counts().events == 0
        assert files(folder) == ["failed/events/day.1.csv", "failed/events/day.1.csv.why.txt"]
        assert "shortlist ops pipeline accept 1" in (folder / f"{arrival.kept}.why.txt").read_text()
        accept(place, 1)
        [again] = run(place)
        assert (again.state, again.new, again.bad) == ("done", 20, 180)
    assert files(folder) == ["done/events/day.1.csv", "quarantine/events/day.1.csv"]


def test_events_about_nothing_known_are_refused_with_their_file_whole(workplace: Any, put: Put, folder: Path) -> None:
    rows = [f"u{n},other{n},video,view,2026-11-20T10:00:00Z\n" for n in range(120)]
    put("events/day.csv", HEADER + "".join(rows) + "u1,v1,video,bought,2026-11-20T10:00:00Z\n")
    with workplace() as place:
        [arrival] = run(place)
        assert arrival.state == "refused"
        assert arrival.why[0].endswith("true of 0% of the rows, expected of at least 50%")
        assert files(folder) == ["failed/events/day.1.csv", "failed/events/day.1.csv.why.txt"]
        put("videos/v.csv", "id,title\n" + "".join(f"other{n},Moon\n" for n in range(120)))
        put("events/day.csv", (folder / arrival.kept).read_text())
        assert outcomes(run(place)) == {"v.csv": "done", "day.csv": "done"}


def day_of(rows: int, day: int) -> str:
    return HEADER + "".join(f"u{n},v1,channel,dislike,2026-11-{day:02}T10:00:00Z\n" for n in range(rows))


def test_ten_times_the_usual_rows_and_a_lost_column_are_refused(workplace: Any, put: Put) -> None:
    with workplace() as place:
        for day in (1, 2, 3):
            put(f"events/{day}.csv", day_of(100, day))
        assert {arrival.state for arrival in run(place)} == {"done"}
        put("events/many.csv", day_of(1000, 4))
        put("events/few.csv", day_of(10, 5))
        with_dwell = day_of(90, 6).replace("at\n", "at,dwell_s\n").replace("Z\n", "Z,3\n")
        put("events/wide.csv", with_dwell)
        found = {arrival.name: arrival for arrival in run(place)}
        assert outcomes(list(found.values())) == {"few.csv": "done", "many.csv": "refused", "wide.csv": "done"}
        assert found["many.csv"].why[0] == "1,000 rows, 10 times the usual 100"


def test_a_column_that_every_file_had_is_missed(workplace: Any, put: Put) -> None:
    with workplace() as place:
        for day in (1, 2, 3):
            put(f"events/{day}.csv", day_of(20, day).replace("at\n", "at,dwell_s\n").replace("Z\n", "Z,3\n"))
        run(place)
        put("events/4.csv", day_of(20, 4))
        [arrival] = run(place)
        assert arrival.why[0] == "the schema changed: no column dwell_s, which every earlier file had"


def test_a_file_that_grows_after_it_was_taken_is_returned(workplace: Any, put: Put, folder: Path) -> None:
    put("events/day.csv", DAY)
    with workplace() as place:
        take_arrivals(place)
        validate_arrivals(place)
        with (folder / "processing/events/day.csv").open("a") as upload:
            upload.write("u1,v2,video,like,2026-11-20T11:00:00Z\n")
        [arrival] = ingest_arrivals(place)
        assert arrival.state == "returned"
        assert place.home.catalogue.counts().events == 0
        assert files(folder) == ["incoming/events/day.csv"]
        [again] = run(place)
        assert (again.state, again.new) == ("done", 21)


def test_media_are_played_from_where_they_are_kept(workplace: Any, folder: Path) -> None:
    with workplace() as place:
        record(folder / "incoming/media/clip.wav", [tone(1)])
        [arrival] = run(place)
        assert arrival.state == "done", arrival.why
        [video_id] = place.home.catalogue.videos.ids()
        kept = folder / "done/media/clip.1.wav"
        assert place.home.catalogue.locations.of_video(video_id) == [str(kept)]
        assert kept.exists()


ENDS = [
    ("os.rename", "incoming/events/day.csv"),
    ("os.rename", "processing/.1.rows"),
    ("open", "processing/.1.json"),
    ("os.rename", "processing/events/day.csv"),
]


# Polars has threads, so the child is a new process and not a fork.
KILLED = """
import sys
from contextlib import suppress
from shortlist.app.cli.main import run
from shortlist.models.encoders.loader import register_encoder
from tests.conftest import HashEncoder
from tests.killed_child import kill_before

register_encoder("hash-32", lambda *_: HashEncoder())
event, path = sys.argv[1:]
kill_before(lambda name, changed: name == event and changed.endswith(path))
for step in ("arrive", "validate", "ingest"):
    with suppress(SystemExit):
        run(["ops", "pipeline", step])
"""


@pytest.mark.servers
@pytest.mark.parametrize(("event", "path"), ENDS)
def test_a_kill_at_any_change_of_a_file_loses_and_doubles_nothing(
    workplace: Any, put: Put, folder: Path, event: str, path: str
) -> None:
    put("events/day.csv", DAY + "u1,v1,video,bought,2026-11-20T10:00:00Z\n")
    with workplace():
        pass  # the home exists
    command = [sys.executable, "-c", KILLED, event, path]
    environ = {"SHORTLIST_HOME": str(folder), "SHORTLIST_PIPELINE__SETTLE_S": "0", "SHORTLIST_ENCODER__NAME": "hash-32"}
    killed = subprocess.run(command, env={**os.environ, **environ}, cwd=ROOT, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with workplace() as place:
        run(place)
        assert place.home.catalogue.counts().events == 20
        [arrival] = place.ledger.newest(5)
        assert (arrival.state, arrival.rows, arrival.bad, arrival.new + arrival.unchanged) == ("done", 21, 1, 20)
    assert files(folder) == ["done/events/day.1.csv", "quarantine/events/day.1.csv"]
