"""Off-policy estimates equal those by hand, and find the truth of simulated readers."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from benchmarks.experiment_simulation import EXAMINED, K, World, logged
from shortlist.eval.offpolicy.estimators import (
    LoggedPlaces,
    doubly_robust,
    effective_size,
    ips,
    logged_value,
    snips,
    support,
)


def by_hand() -> LoggedPlaces:
    """Two lists of two places. The other ranking agrees on the first place of each, and both places of the second."""
    return LoggedPlaces(
        2,
        np.array([0, 0, 1, 1]),
        np.array([0, 1, 0, 1]),
        np.array([1.0, 0.0, 1.0, 1.0]),
        np.array([0.5, 0.5, 0.25, 1.0]),
        np.array([1.0, 1.0, 0.0, 1.0]),
    )


def test_estimates_by_hand() -> None:
    places = by_hand()
    assert places.weights().tolist() == [2, 0, 4, 1]
    assert logged_value(places).value == 1.5
    assert ips(places).value == (2 + 1) / 2
    assert snips(places).value == pytest.approx(2 * (2 + 1) / (2 + 4 + 1))  # two places a list
    # The baseline of each list is what was chosen in the other one: list 0 has 0 and 1, list 1 has 1 and 1.
    assert doubly_robust(places).value == ((0 + 1 + 2 * (1 - 0)) + (1 + 1 + 4 * (0 - 1) + 1 * (1 - 1))) / 2
    assert effective_size(places) == pytest.approx(7**2 / (4 + 16 + 1))
    assert support(places).value == (2 / 2 + 5 / 2) / 2


def test_clipped_weights_are_cut() -> None:
    assert by_hand().weights(2).tolist() == [2, 0, 2, 1]
    assert ips(by_hand(), 1).value == (1 + 1) / 2


def test_the_ranking_that_was_shown_is_judged_by_what_was_chosen() -> None:
    rng = np.random.default_rng(0)
    n, k = 500, 4
    reward = (rng.random(n * k) < 0.2).astype(np.float64)
    of, place = np.repeat(np.arange(n), k), np.tile(np.arange(k), n)
    places = LoggedPlaces(n, of, place, np.ones(n * k), np.ones(n * k), reward)
    for estimator in (ips, snips, doubly_robust):
        found = estimator(places)
        assert found.value == pytest.approx(logged_value(places).value)
    assert support(places).value == 1
    assert effective_size(places) == n * k


def test_the_truth_of_another_ranking_is_found() -> None:
    world = World(np.random.default_rng(4))
    places = logged(world, 20_000, Random(4))
    tastes = world.tastes(50_000, 15)
    best = world.ranking(tastes, 0.1)[:, :K]
    truth = (np.take_along_axis(tastes, best, axis=1) * EXAMINED[:K]).sum(axis=1).mean()
    for found in (ips(places), snips(places), doubly_robust(places)):
        assert found.value == pytest.approx(truth, abs=4 * (found.high - found.low) / 3.92)
        assert (found.high - found.low) < 0.2 * truth


def test_support_is_the_share_of_places_that_could_be_shown() -> None:
    places = logged(World(np.random.default_rng(5)), 2000, Random(5))
    assert support(places).low < 1 < support(places).high
    half = LoggedPlaces(
        places.n, places.of, places.place, places.target * (places.place % 2 == 0), places.propensity, places.reward
    )
    assert support(half).high < 0.75
