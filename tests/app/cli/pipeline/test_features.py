"""`shortlist ops features`: build, list, newest values, and values as they were known at a moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shortlist.core.types import Attributed, Enrichment, Event, Video
from shortlist.store.home import Home
from tests.feature_store_stand_in import FeatureStoreStandIn

NOW = datetime.now(UTC)
BEGIN = NOW - timedelta(days=3)
Run = Callable[..., Any]


def video(number: int, category: str) -> Video:
    return Video(f"v{number}", f"Video {number}", enrichment=Enrichment(category=Attributed(category, "given")))


def fill(path: Path) -> Path:
    """A home in which ann watches three videos, one an hour, from `BEGIN` on."""
    with Home.open(path, "none") as home:
        with home.writing():
            home.catalogue.videos.put([video(1, "Food"), video(2, "Food"), video(3, "Music")])
        watched = [Event("ann", f"v{n}", "video", "view", BEGIN + timedelta(hours=n), 10.0 * n) for n in (1, 2, 3)]
        home.catalogue.events.add(watched)
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, here: Run) -> Run:
    """Runs `shortlist ops features` on the home, whose features are built, by the times of the events."""
    folder = fill(tmp_path_factory.mktemp("features") / "home")

    def features(*words: str) -> Any:
        return here("ops", "features", *words, home=folder, SHORTLIST_FEATURES__CLOCK="event")

    assert features("build").returncode == 0
    return features


def document(done: Any) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def without_ages(done: Any) -> list[dict[str, Any]]:
    """The rows without what depends on the time of the question."""
    return [{name: value for name, value in row.items() if name not in ("at", "recency_h")} for row in document(done)]


def at(hours: float) -> str:
    return (BEGIN + timedelta(hours=hours)).isoformat()


def test_views_are_listed_with_their_features_and_versions(run: Run) -> None:
    listed = document(run("list", "--json"))
    views = {view["name"]: view for view in listed["views"]}
    assert views["reader_item"]["entity"] == ["user_id", "item_id"]
    assert "share_28d" in views["reader_category"]["features"]
    assert len({view["version"] for view in views.values()}) == 4
    assert listed["built_until"]
    assert "reader_category (user_id, category)" in run("list").stdout


def test_the_newest_values_are_shown(run: Run) -> None:
    [values] = document(run("show", "reader", "ann", "--json"))
    assert (values["choices_28d"], values["dwell_s_28d"], values["sessions_28d"]) == (3, 20.0, 3)
    assert "dwell_s_28d        20\n" in run("show", "reader", "ann").stdout
    [pair] = document(run("show", "reader_item", "ann", "v3", "--json"))
    assert (pair["choices_28d"], pair["dwell_s_28d"]) == (1, 30.0)


def test_values_are_those_that_were_known_at_a_moment(run: Run) -> None:
    shares = document(run("as-of", "reader_category", "ann", "--at", at(2.5), "--json"))
    assert [(row["category"], row["share_24h"]) for row in shares] == [("Food", 1.0)]
    shares = document(run("as-of", "reader_category", "ann", "--json"))
    assert [(row["category"], round(row["share_28d"], 3), row["share_24h"]) for row in shares] == [
        ("Food", 0.667, None), ("Music", 0.333, None),
    ]  # fmt: skip


def test_a_file_of_moments_is_joined(run: Run, tmp_path: Path) -> None:
    points, out = tmp_path / "points.csv", tmp_path / "out.parquet"
    points.write_text(f"user_id,at,label\nann,{at(2.5)},1\nben,{at(2.5)},0\nann,{at(0)},0\n")
    assert "3 rows written" in run("as-of", "reader", "--points", str(points), "--out", str(out)).stdout
    joined = pl.read_parquet(out)
    assert joined.select("user_id", "choices_24h").rows() == [("ann", 2), ("ben", 0), ("ann", 0)]
    again = document(run("as-of", "reader", "--points", str(out), "--json"))
    assert [row["choices_24h"] for row in again] == [2, 0, 0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "raeder", "ann"], "unknown view: expected one of reader, reader_category, item, reader_item"),
        (["show", "reader"], "expected user_id, found 0 keys"),
        (["show", "reader", "anna"], "the nearest ids are ann"),
        (["show", "item", "v9"], "unknown video"),
        (["as-of", "reader", "ann", "--at", "yesterday"], "yesterday"),
        (["as-of", "reader", "ann", "--at", at(1000)], "the features are not built so far"),
        (["as-of", "reader", "ann", "--points", "x.csv"], "expected KEY and --at, or --points"),
        (["as-of", "reader", "--points", "points.txt"], "ends in .csv or .parquet"),
    ],
)
def test_mistakes_are_explained_on_one_line(run: Run, words: list[str], message: str) -> None:
    done = run(*words)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert message in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("user_id\nann\n", "expected at, found user_id"),
        ("", "cannot read"),
        ("user_id,at\nann,yesterday\n", "found 1 rows without"),
        ("user_id,at\n,2026-11-20T12:00:00Z\n", "found 1 rows without"),
    ],
)
def test_a_bad_file_of_moments_is_refused(run: Run, tmp_path: Path, text: str, message: str) -> None:
    points = tmp_path / "points.csv"
    points.write_text(text)
    done = run("as-of", "reader", "--points", str(points))
    assert done.returncode == 2
    assert message in done.stderr


def test_commands_are_the_same_with_sagemaker(
    run: Run, tmp_path: Path, here: Run, feature_groups: FeatureStoreStandIn
) -> None:
    home = fill(tmp_path / "home")

    def with_sagemaker(*words: str) -> Any:
        environ = {"SHORTLIST_FEATURES__CLOCK": "event", "SHORTLIST_FEATURES__ONLINE": "sagemaker"}
        return here("ops", "features", *words, home=home, **environ)

    assert "all days from 3 events" in with_sagemaker("build").stdout
    for words in (["show", "reader_item", "ann", "v3"], ["as-of", "reader", "ann", "--at", at(2.5)]):
        assert without_ages(with_sagemaker(*words, "--json")) == without_ages(run(*words, "--json"))
    feature_groups.reset([])
    with_sagemaker("show", "reader", "ann").says(3, "no feature group shortlist-reader", "deploy the stack")


def test_events_that_came_too_late_for_every_window_are_counted(tmp_path: Path, here: Run) -> None:
    with Home.open(tmp_path / "home", "none") as home:
        home.catalogue.events.add([Event("ann", "v1", "video", "view", NOW - timedelta(days=40))])
    done = here("ops", "features", "build", home=tmp_path / "home")
    assert "stored too late to count in any window: 1 events" in done.stderr
    done = here("ops", "features", "build", home=tmp_path / "home", SHORTLIST_FEATURES__CLOCK="event")
    assert done.stderr == ""
