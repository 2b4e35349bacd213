"""The estimate of a month's bill, compared with sums made by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.errors import UsageError
from shortlist.ops.cost.estimate import Line, Workload, estimate, total
from shortlist.ops.cost.prices import Price, Prices, load_prices

PRICES = load_prices()


def line(lines: list[Line], part: str) -> Line:
    return next(one for one in lines if one.part.startswith(part))


def test_the_bill_of_a_million_videos_as_it_is_made_by_hand() -> None:
    lines = estimate(Workload.of(1e6, 1e6, 1e7), PRICES)
    # 23.15 answers a second of 0.05 core-seconds are 1.16 cores; at the peak 4.98, on tasks with one core to use.
    serving = line(lines, "serving")
    assert serving.size == "2 to 5 tasks of 2 vCPU and 8 GB"
    assert serving.usd == pytest.approx(3.5 * 730 * (2 * 0.04048 + 8 * 0.004445))
    # 180 GB of events and 5 GB of videos, and a tenth more.
    assert line(lines, "database").usd == pytest.approx(730 * 0.337 + 203.5 * 0.23)
    assert line(lines, "interface").usd == pytest.approx(7 * 2 * 730 * 0.01)
    # A day writes and deletes 5M pairs, and writes 0.4M records of readers and 1M of videos; each is read before.
    assert line(lines, "feature store").usd == pytest.approx((10 + 0.4 + 1) * 30.4 * (1.25 + 0.25))
    assert line(lines, "traffic").usd == pytest.approx(2e6 * 30.4 * 1e4 / 1e9 * 0.09)
    assert total(lines) == pytest.approx(sum(one.usd for one in lines))


@given(st.floats(1, 1.8e7), st.floats(1, 1e8), st.floats(0, 9e7))
def test_more_of_anything_never_costs_less(videos: float, readers: float, events: float) -> None:
    base = total(estimate(Workload.of(videos, readers, events), PRICES))
    assert base > 0
    for more in ((videos * 1.05, readers, events), (videos, readers * 2, events), (videos, readers, events * 1.1)):
        assert total(estimate(Workload.of(*more), PRICES)) >= base * 0.999


@pytest.mark.parametrize(("size", "what"), [((5e7, 1, 1), "videos"), ((1, 1, 2e8), "events a day")])
def test_what_no_task_or_database_holds_is_refused(size: Any, what: str) -> None:
    with pytest.raises(UsageError, match=rf"too many {what}.*docs/scale.md"):
        Workload.of(*size)


def test_prices_that_were_not_checked_are_named() -> None:
    table = {"a": Price(1.0, "hour", "somewhere"), "b": Price(2.0, "hour")}
    prices = Prices("nowhere", date(2026, 1, 1), table)
    assert (prices["a"], prices.unchecked) == (1.0, ["b"])
    assert all(price.usd > 0 and price.per for price in PRICES.table.values())
