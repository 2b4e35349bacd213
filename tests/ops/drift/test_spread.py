"""Judging by the spread of the days: equal days are not over the limit, shifted ones are."""

from __future__ import annotations

import numpy as np
import pytest

from shortlist.ops.drift.divergence import psi, psi_floor, shares
from shortlist.ops.drift.spread import Distances, Judged, judge

LEVEL = 0.0005
WEEKDAY, WEEKEND = np.full(10, 0.1), np.linspace(0.15, 0.05, 10)


def judged(days: np.ndarray, rows: int, reference: int, seed: int = 0) -> Judged:
    """Draw so many rows of each day's shares, float64[days, bins], and judge them."""
    sizes = np.full(len(days), float(rows))
    drawn = shares(np.random.default_rng(seed).multinomial(rows, days))
    floor = psi_floor(days.shape[1], sizes[:, None], sizes[None, :reference])
    return judge(Distances(psi(drawn[:, None], drawn[None, :reference]), floor), LEVEL)


def test_equal_days_are_rarely_over_the_limit() -> None:
    over = [(judged(np.tile(WEEKDAY, (35, 1)), 1000, 28, seed).excess[28:] > 1).mean() for seed in range(100)]
    assert np.mean(over) < 0.005


def test_a_label_that_gains_a_tenth_is_over_the_limit() -> None:
    days = np.tile(WEEKDAY, (29, 1))
    days[28] = 0.9 * WEEKDAY + 0.1 * np.eye(10)[3]
    found = judged(days, 2000, 28)
    assert found.excess[28] > 1
    assert found.p[28] < LEVEL
    assert found.value[28] > found.limit[28] > 0


def test_weekends_are_compared_with_weekends_although_nobody_says_which_they_are() -> None:
    week = np.arange(35) % 7 >= 5
    days = np.where(week[:, None], WEEKEND, WEEKDAY)
    assert (judged(days, 2000, 28).excess[28:] < 1).all()
    assert week[judged(days, 2000, 28).nearest[week]].all()
    days[28] = WEEKEND[::-1]  # a Monday that is like no day before
    assert judged(days, 2000, 28).excess[28] > 1


def test_a_small_day_has_a_higher_limit() -> None:
    sizes = np.array([2000.0] * 28 + [2000.0, 100.0])
    rng = np.random.default_rng(0)
    drawn = shares(np.stack([rng.multinomial(int(n), WEEKDAY) for n in sizes]))
    floor = psi_floor(10, sizes[:, None], sizes[None, :28])
    found = judge(Distances(psi(drawn[:, None], drawn[None, :28]), floor), LEVEL)
    assert found.limit[29] > 5 * found.limit[28]
    assert (found.excess[28:] < 1).all()


def test_where_excess_is_above_one_p_is_below_the_level() -> None:
    days = np.stack(
        [(1 - share) * WEEKDAY + share * np.eye(10)[3] for share in [0.0] * 28 + [*np.linspace(0, 0.2, 21)]]
    )
    found = judged(days, 1000, 28)
    assert (found.p[found.excess > 1] < LEVEL).all()
    assert 0 < (found.excess[28:] > 1).sum() < 21


def test_days_that_do_not_differ_at_all_are_not_over_the_limit() -> None:
    same = np.tile([200, 300, 500], (20, 1))
    floor = np.full((20, 14), 2 * 2 / 1000)
    found = judge(Distances(psi(shares(same)[:, None], shares(same)[None, :14]), floor), LEVEL)
    assert (found.excess < 1).all()


def test_too_few_reference_days_are_refused() -> None:
    with pytest.raises(ValueError, match="7 reference days or more, found 6"):
        judged(np.tile(WEEKDAY, (10, 1)), 1000, 6)
