"""The gate: what is promoted, and what is not."""

from __future__ import annotations

from shortlist.eval.gate import ENOUGH, Judged, refresh_verdict, verdict
from shortlist.eval.stats.significance import Comparison, Interval


def judged(horizon: str, name: str, difference: float, p: float) -> Judged:
    interval = Interval(difference - 0.01, difference, difference + 0.01, ENOUGH)
    return Judged(horizon, name, ENOUGH, 0.1, 0.1 + difference, Comparison(interval, p, 1, 0, 0), p)


def test_better_at_one_horizon_and_worse_nowhere_is_promoted() -> None:
    found = verdict([judged("day", "all", 0.05, 0.001), judged("week", "all", -0.01, 0.4)], {})
    assert found.promoted
    assert found.why == "significantly better for the next day, worse in no slice"


def test_a_slice_that_gets_worse_prevents_it() -> None:
    found = verdict([judged("day", "all", 0.05, 0.001), judged("week", "cold readers", -0.05, 0.01)], {})
    assert not found.promoted
    assert "cold readers, next week" in found.why


def test_chance_and_nothing_to_judge_promote_nothing() -> None:
    assert verdict([judged("day", "all", 0.05, 0.06)], {}).why == "not significantly better"
    nothing = verdict([], {"day": "too few"})
    assert not nothing.promoted
    assert nothing.document()["left_out"] == {"day": "too few"}


def test_newer_data_are_reason_enough_unless_it_gets_worse() -> None:
    equal, worse = judged("half", "all", 0.0, 1.0), judged("half", "cold readers", -0.05, 0.01)
    assert refresh_verdict([equal], {}).promoted
    assert refresh_verdict([equal], {}).why == "newer data, and worse in no slice"
    assert not refresh_verdict([equal, worse], {}).promoted
    assert "cold readers" in refresh_verdict([equal, worse], {}).why
    assert not refresh_verdict([], {"half": "too few"}).promoted
