"""The table of rules gives the same counts under every engine that it is written out for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shortlist.ops.data.cells import typed
from shortlist.ops.data.check import check
from shortlist.ops.data.rules import KINDS, Kind, row_rules
from shortlist.ops.data.suites import expectation_suite, glue_ruleset

LATEST = datetime(2026, 11, 25, 8, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden"
GOOD = {
    "user_id": "u1", "item_id": "v1", "kind": "video", "action": "view", "at": "2026-11-20T10:00:00Z", "dwell_s": "3",
    "position": "1", "event_id": None,
}  # fmt: skip
FAULTS: tuple[dict[str, str | None], ...] = (
    {"at": "yesterday"}, {"user_id": None}, {"item_id": "x" * 513}, {"kind": "film"}, {"kind": None},
    {"action": "bought"}, {"kind": "channel", "action": "like"}, {"kind": "channel", "action": "dislike"},
    {"at": "2026-12-24T10:00:00Z"}, {"at": None}, {"dwell_s": "-1"}, {"dwell_s": "2e9"}, {"position": "2147483648"},
    {"event_id": "e1"}, {"event_id": "e1", "item_id": "v2"}, {"event_id": "e2"},
)  # fmt: skip
EXPECTED = {
    "every cell readable": 2,  # yesterday, and the 2e9 seconds that the parser refuses
    "user_id present": 1,
    "item_id of 1 to 512 characters": 1,
    "kind present": 1,
    "kind one of article, video, channel": 1,
    "action one of impression, click, view, like, skip, dislike": 1,
    "action one of dislike where kind is channel": 1,
    "at present": 1,
    "at not in the future": 1,
    "dwell_s from 0 to 1e+09": 1,
    "position from 0 to 2.14748e+09": 1,
    "event_id unique": 2,
}


@pytest.fixture
def events() -> pl.DataFrame:
    rows = [{**GOOD, **fault} for fault in ({}, *FAULTS)]
    return typed(pl.DataFrame(rows, schema=dict.fromkeys(GOOD, pl.String)), "events")


def test_pandera_counts_each_rule(events: pl.DataFrame) -> None:
    assert check(events, "events", LATEST).broken == EXPECTED


def test_great_expectations_counts_the_same(events: pl.DataFrame) -> None:
    gx: Any = pytest.importorskip("great_expectations", reason="pip install great-expectations")
    context = gx.get_context(mode="ephemeral")
    suite = gx.ExpectationSuite(**expectation_suite("events"))
    batches = (
        context.data_sources.add_pandas("rows")
        .add_dataframe_asset("events")
        .add_batch_definition_whole_dataframe("all")
    )
    parameters = {
        "latest": LATEST, "known_videos": ["v1"], "known_articles": [], "most_rows": 100,
        "oldest": datetime(2026, 11, 1, tzinfo=UTC),
    }  # fmt: skip
    batch = batches.get_batch(batch_parameters={"dataframe": events.to_pandas()})
    results = batch.validate(suite, expectation_parameters=parameters, result_format="COMPLETE").results
    counts = {one.expectation_config.meta["rule"]: one.result.get("unexpected_count", 0) for one in results}
    of_rows = {rule.name for rule in row_rules("events")}
    assert {name: number for name, number in counts.items() if number and name in of_rows} == EXPECTED


@pytest.mark.parametrize("kind", KINDS)
def test_the_glue_ruleset_is_the_golden_file(kind: Kind) -> None:
    assert glue_ruleset(kind) == (GOLDEN / f"{kind}.dqdl").read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_the_expectation_suite_is_the_golden_file(kind: Kind) -> None:
    assert expectation_suite(kind) == json.loads((GOLDEN / f"{kind}.expectations.json").read_text())
