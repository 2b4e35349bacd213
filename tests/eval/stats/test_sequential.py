"""The sequential sign test stays valid however often you look."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from shortlist.eval.stats.sequential import confidence_sequence, log_evidence, sign_test

OUTCOMES = st.lists(st.sampled_from([-1, 0, 1]), max_size=200)


def test_the_evidence_is_the_mean_likelihood_over_the_prior() -> None:
    def likelihood(p: float) -> float:
        return float(p**9 * (1 - p) ** 4 * beta.pdf(p, 10, 10))

    by_hand = np.log(quad(likelihood, 0, 1)[0] / 0.5**13)
    assert log_evidence(4, 9) == pytest.approx(by_hand)
    assert log_evidence(0, 0) == 0


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_next_session_changes_the_evidence_by_1_on_average(a: int, b: int) -> None:
    now, one, other = (np.exp(log_evidence(*wins)) for wins in ((a, b), (a + 1, b), (a, b + 1)))
    assert (one + other) / 2 == pytest.approx(now)


def test_a_difference_by_chance_is_found_in_under_5_percent_although_each_session_is_looked_at() -> None:
    rng = np.random.default_rng(0)
    won_b = rng.integers(0, 2, (2000, 500)).cumsum(axis=1)
    evidence = log_evidence(np.arange(1, 501) - won_b, won_b)
    assert np.mean(evidence.max(axis=1) >= np.log(20)) < 0.05


def test_a_clear_preference_is_found_and_stays_found() -> None:
    early = sign_test([1] * 40)
    assert (early.winner, early.more) == ("b", 0)
    assert early.p < 0.05
    later = sign_test([1] * 40 + [-1] * 40)
    assert later.winner == "b"  # it was decided
    assert sign_test([-1] * 40).winner == "a"


def test_a_forecast_is_the_number_of_sessions_that_it_takes() -> None:
    half_way = [1, 1, -1, 0] * 15
    found = sign_test(half_way)
    assert found.winner is None
    assert found.more is not None
    assert sign_test(half_way + [1, 1, -1, 0] * (found.more // 4 + 2)).winner == "b"
    assert sign_test(half_way + [1, 1, -1, 0] * (found.more // 4 - 4)).winner is None


@pytest.mark.parametrize("outcomes", [[], [0, 0], [1, -1], [0, 1, -1] * 10])
def test_there_is_no_forecast_for_an_even_race(outcomes: list[int]) -> None:
    found = sign_test(outcomes)
    assert (found.winner, found.more) == (None, None)


@given(OUTCOMES)
def test_the_test_and_its_confidence_sequence_agree(outcomes: list[int]) -> None:
    found = sign_test(outcomes)
    assert found.a + found.b + found.ties == len(outcomes)
    assert 0 <= found.low <= found.high <= 1
    swapped = sign_test([-outcome for outcome in outcomes])
    assert (swapped.a, swapped.b) == (found.b, found.a)
    assert swapped.low == pytest.approx(1 - found.high, abs=1e-6)
    if found.a + found.b:
        decided_now = log_evidence(found.a, found.b) >= np.log(20)
        assert decided_now == (not found.low <= 0.5 <= found.high)


def test_the_confidence_sequence_narrows() -> None:
    widths = [high - low for low, high in (confidence_sequence(n, 2 * n) for n in (5, 50, 500))]
    assert widths == sorted(widths, reverse=True)
    assert confidence_sequence(0, 0) == (0, 1)
