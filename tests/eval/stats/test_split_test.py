"""Two groups of readers are compared at any time, with the error of one test."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, inf, log

import numpy as np
import pytest

from shortlist.eval.stats.split_test import LEAST, log_evidence, split_test

RATE = 0.6  # choices a list


def lists(seed: int, readers: int, factor: float) -> Iterator[tuple[str, str, int]]:
    """Lists of readers of different appetites in random order; those of side b choose `factor` times as much."""
    rng = np.random.default_rng(seed)
    appetite, in_b = rng.gamma(1.0, RATE, readers), rng.random(readers) < 0.5
    for reader in rng.permutation(np.repeat(np.arange(readers), 1 + rng.poisson(3, readers))):
        rate = appetite[reader] * (factor if in_b[reader] else 1.0)
        yield "b" if in_b[reader] else "a", str(reader), int(rng.poisson(rate))


def test_the_evidence_is_that_of_a_normal_mixture() -> None:
    assert log_evidence(0.0, 0.01, 0.1) == pytest.approx(0.5 * log(0.5))
    assert log_evidence(0.5, 0.01, 0.1) == pytest.approx(0.5 * log(0.5) + 0.0025 / (2 * 0.01 * 0.02))


def test_a_reader_counts_once_however_many_lists_they_have() -> None:
    few = [(side, f"{side}{at}", at % 2) for at in range(30) for side in ("a", "b")]
    heavy = [("b", "b1", 1)] * 200
    found = split_test([*few, *heavy])
    assert (found.a, found.b) == (30, 30)
    assert (found.mean_a, found.mean_b) == (pytest.approx(0.5), pytest.approx(0.5))
    assert found.winner is None
    assert found.low == pytest.approx(-found.high)


def test_nothing_is_said_of_few_readers() -> None:
    found = split_test([("b", str(at), 5) for at in range(100)] + [("a", f"a{at}", 0) for at in range(LEAST - 1)])
    assert (found.winner, found.p, found.high, found.more) == (None, 1.0, inf, None)


def test_equal_groups_are_seldom_told_apart_however_often_you_look() -> None:
    false_alarms = sum(split_test(lists(seed, 120, 1.0)).winner is not None for seed in range(60))
    assert false_alarms <= 3


def test_a_clear_difference_is_found_and_bounded() -> None:
    found = split_test(lists(1, 1200, 1.6))
    assert found.winner == "b"
    assert found.low < 0.6 * RATE < found.high
    assert found.low > 0


def test_a_forecast_is_about_right() -> None:
    shown = list(lists(7, 200, 1.2))
    found = split_test(shown)
    assert found.winner is None
    assert found.more is not None
    copies = 1 + ceil(1.5 * found.more / (found.a + found.b))
    more = [(side, f"{reader} {copy}", chosen) for copy in range(copies) for side, reader, chosen in shown]
    assert split_test(more).winner == "b"
