"""PSI, KL divergence, their floors, and the divergence of rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import entropy

from shortlist.ops.drift.divergence import kl_divergence, psi, psi_floor, rate_divergence, shares

counts = arrays(np.int64, st.integers(2, 12), elements=st.integers(0, 1000))


def test_psi_of_two_bins_by_hand() -> None:
    # (0.5 - 0.8) ln(0.5 / 0.8) + (0.5 - 0.2) ln(0.5 / 0.2) = 0.3 ln(4)
    assert psi(np.array([0.5, 0.5]), np.array([0.8, 0.2])) == pytest.approx(0.3 * np.log(4))


@given(counts, st.randoms())
def test_kl_divergence_is_that_of_scipy_and_psi_is_its_sum_in_both_directions(ours: np.ndarray, random: object) -> None:
    p, q = shares(ours), shares(ours[::-1])
    assert kl_divergence(p, q) == pytest.approx(entropy(p, q), abs=1e-12)
    assert psi(p, q) == pytest.approx(entropy(p, q) + entropy(q, p), abs=1e-12)


@given(counts)
def test_equal_shares_have_no_divergence_and_others_have_a_positive_one(ours: np.ndarray) -> None:
    p, q = shares(ours), shares(np.roll(ours, 1))
    assert psi(p, p) == 0
    assert psi(p, q) == psi(q, p)
    assert (psi(p, q) > 0) == bool((p != q).any())


@given(counts)
def test_shares_sum_to_one_and_none_is_zero(ours: np.ndarray) -> None:
    assert shares(ours).sum() == pytest.approx(1)
    assert (shares(ours) > 0).all()


@pytest.mark.parametrize(("n", "m", "bins"), [(200, 200, 10), (1000, 300, 20), (5000, 5000, 5)])
def test_the_floor_is_the_mean_psi_of_equal_days(n: int, m: int, bins: int) -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(bins, 5.0))
    ours, theirs = shares(rng.multinomial(n, p, 2000)), shares(rng.multinomial(m, p, 2000))
    floor = psi_floor(bins, np.array(float(n)), np.array(float(m)))
    assert psi(ours, theirs).mean() == pytest.approx(floor, rel=0.1)
    assert kl_divergence(ours, theirs).mean() == pytest.approx(floor / 2, rel=0.1)


def test_rates_at_equal_scores_do_not_see_that_more_rows_have_high_scores() -> None:
    before, after = np.array([[900, 100], [500, 500]]), np.array([[90, 10], [2500, 2500]])
    divergence, floor = rate_divergence(after, before)
    assert divergence < floor


def test_the_divergence_of_rates_by_hand() -> None:
    ours, theirs = np.array([[60, 40], [99, 1]]), np.array([[80, 20], [99, 1]])
    divergence, floor = rate_divergence(ours, theirs)
    p, q = np.array([60.5, 40.5]) / 101, np.array([80.5, 20.5]) / 101
    assert divergence == pytest.approx(0.5 * ((p - q) * np.log(p / q)).sum())
    assert floor == pytest.approx(2 / 101)
