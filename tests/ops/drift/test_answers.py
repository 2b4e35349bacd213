"""Features of what readers were shown."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.exposures import Exposure, ShownItem
from shortlist.core.ranking import Request
from shortlist.core.types import Event
from shortlist.ops.drift.answers import answer_features, rarefied
from shortlist.ops.drift.samples import Labels, Levels, Rates, Sample

DAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 8, tzinfo=UTC)


def exposure(request_id: str, ids: str, models: str = "none", at: datetime = AT) -> Exposure:
    """An exposure of the videos named by letters, of which those from a to e come from the leg dense."""
    items = tuple(ShownItem(one, n + 1, 1 - n / 10, "dense" if one < "f" else "bm25") for n, one in enumerate(ids))
    return Exposure(request_id, at, Request("ann"), items, 1, 1, models, "s")


def samples(*shown: Exposure, chosen: dict[str, str] | None = None) -> dict[str, Sample]:
    answering = {
        request_id: [Event("ann", one, "video", "view", AT) for one in ids]
        for request_id, ids in (chosen or {}).items()
    }
    features = answer_features(shown, answering, {one: 26.0 - n for n, one in enumerate("abcdefghijklmnopqrst")})
    return {feature.sample.name: feature.sample for feature in features}


def test_legs_and_popular_videos_are_counted_by_day() -> None:
    found = samples(exposure("r1", "abfg"), exposure("r2", "fghi", at=AT.replace(day=21)))
    legs, popular = found["answers: legs"], found["answers: popular videos"]
    assert isinstance(legs, Labels)
    assert legs.by_day == {DAY: {"dense": 2, "bm25": 2}, date(2026, 11, 21): {"bm25": 4}}
    assert isinstance(popular, Levels)
    assert popular.by_day[DAY] == (0.5, 0.0625, 4)  # a and b are the most popular tenth of 20
    assert popular.by_day[date(2026, 11, 21)][0] == 0


def test_calibration_pairs_scores_with_choices_of_the_models_in_use() -> None:
    found = samples(
        exposure("r1", "abc", models="old", at=AT.replace(day=19)),
        exposure("r2", "abc", models="new"),
        exposure("r3", "def", models="new"),
        chosen={"r1": "a", "r2": "c", "r3": ""},
    )["answers: calibration"]
    assert isinstance(found, Rates)
    assert found.rows() == {date(2026, 11, 19): 0, DAY: 6}
    scores, chosen = found.by_day[DAY]
    assert scores.tolist() == [1, 0.9, 0.8] * 2
    assert chosen.tolist() == [0, 0, 1, 0, 0, 0]


def test_coverage_does_not_depend_on_the_number_of_lists() -> None:
    same = [exposure(f"r{n}", "abcd") for n in range(3)]
    more = [exposure(f"s{n}", "abcd", at=AT.replace(day=21)) for n in range(9)]
    coverage = samples(*same, *more)["answers: coverage"]
    assert isinstance(coverage, Levels)
    assert coverage.by_day[DAY][0] == pytest.approx(coverage.by_day[date(2026, 11, 21)][0], rel=0.05)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.data())
def test_rarefaction_is_the_mean_over_all_draws(counts: list[int], data: st.DataObject) -> None:
    places = data.draw(st.integers(1, sum(counts)))
    items = [item for item, count in enumerate(counts) for _ in range(count)]
    expected = np.mean([len(set(draw)) for draw in combinations(items, places)])
    assert rarefied(list(Counter(items).values()), places) == pytest.approx(expected)


def test_without_exposures_there_are_no_rows() -> None:
    assert all(not sample.rows() for sample in samples().values())
