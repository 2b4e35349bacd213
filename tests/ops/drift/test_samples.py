"""Samples by day: how far days are apart, and what is said about it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from shortlist.ops.drift.divergence import KS_MEAN
from shortlist.ops.drift.samples import Labels, Levels, Numbers, Rates, Vectors, bin_edges
from shortlist.ops.drift.spread import judge
from shortlist.ops.drift.vectors import Cells

DAYS = [date(2026, 11, 1) + timedelta(days=n) for n in range(12)]
N = 10  # reference days
RNG = np.random.default_rng(0)


def test_small_samples_of_numbers_are_compared_by_kolmogorov_and_smirnov() -> None:
    values = {day: RNG.normal(size=60 + n) for n, day in enumerate(DAYS)}
    measured = Numbers("dwell", values).measure(DAYS, N)
    assert measured.statistic == "KS"
    expected = ks_2samp(values[DAYS[11]], values[DAYS[2]]).statistic
    assert measured.distances.raw[11, 2] == pytest.approx(expected**2)
    assert measured.distances.raw[3, 5] == measured.distances.raw[5, 3]
    assert measured.distances.floor[11, 2] == pytest.approx(KS_MEAN * (1 / 71 + 1 / 62))


def test_the_floor_of_kolmogorov_and_smirnov_is_the_mean_of_equal_samples() -> None:
    squared = [ks_2samp(RNG.random(300), RNG.random(200), method="asymp").statistic ** 2 for _ in range(300)]
    assert np.mean(squared) == pytest.approx(KS_MEAN * (1 / 300 + 1 / 200), rel=0.15)


def test_many_numbers_are_compared_by_psi_over_the_quantiles_of_the_reference() -> None:
    values = {day: np.arange(2000.0) for day in DAYS}
    values[DAYS[11]] = np.tile(np.arange(1000.0), 2)  # only the lower five of ten bins
    measured = Numbers("dwell", values).measure(DAYS, N)
    assert measured.statistic == "PSI"
    p, q = (np.array([400.5, 0.5]) / 2005, np.array([200.5, 200.5]) / 2005)
    assert measured.distances.raw[11, 0] == pytest.approx(5 * ((p - q) * np.log(p / q)).sum(), rel=0.01)
    assert measured.distances.raw[10, 0] == pytest.approx(0)
    assert Numbers("dwell", values).change(DAYS[11], DAYS[:3]) == "mean 1,000 → 500, median 1,000 → 500"


def test_a_constant_that_changes_is_seen() -> None:
    values = {day: np.full(2000, 3.0) for day in DAYS} | {DAYS[11]: np.full(2000, 4.0)}
    raw = Numbers("plays", values).measure(DAYS, N).distances.raw
    assert raw[11].min() > 1 > raw[10].max() == 0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_bins_of_numbers_are_ascending_and_their_number_is_limited(values: list[float]) -> None:
    edges = bin_edges(np.array(values))
    assert (np.diff(edges) >= 0).all()
    assert 1 <= len(edges) <= 21


def test_rare_labels_are_counted_together_and_a_new_one_is_named() -> None:
    usual = {"news": 600, "sports": 390, **{f"rare {n}": 1 for n in range(10)}}
    labels = Labels("category", dict.fromkeys(DAYS, usual) | {DAYS[11]: {"news": 500, "sports": 300, "weather": 200}})
    measured = labels.measure(DAYS, N)
    p, q = np.array([500.5, 300.5, 200.5]) / 1001.5, np.array([600.5, 390.5, 10.5]) / 1001.5
    assert measured.distances.raw[11, 0] == pytest.approx(((p - q) * np.log(p / q)).sum())
    assert measured.distances.floor[11, 0] == pytest.approx(2 * 2 / 1000)
    assert measured.kl is not None
    assert measured.kl.raw[11, 0] == pytest.approx((p * np.log(p / q)).sum())
    assert labels.change(DAYS[11], DAYS[:3]) == "weather: 0.0% → 20.0%"


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_a_tenth_of_foreign_vectors_is_seen_although_the_mean_vector_does_not_change() -> None:
    centre, foreign = RNG.normal(size=64) * 2, RNG.normal(size=64)

    def day(share: float) -> np.ndarray:
        n = int(400 * share)
        far = RNG.choice([-2.0, 2.0], (n, 1)) * foreign + RNG.normal(size=(n, 64))
        return unit(np.concatenate([RNG.normal(size=(400 - n, 64)) + centre, far]))

    vectors = Vectors("chosen", {one: day(0.1 if one == DAYS[11] else 0) for one in DAYS})
    excess = judge(vectors.measure(DAYS, N).distances, 0.001).excess
    assert excess[11] > 1 > excess[10]
    assert vectors.change(DAYS[11], DAYS[:3]).startswith("cosine of the mean vectors 0.99")


def test_cells_count_the_nearest_centre_and_few_videos_need_few_cells() -> None:
    axes = np.eye(4, dtype=np.float32)
    cells = Cells(np.repeat(axes[:3], 50, axis=0), 64)
    assert sorted(cells.centroids.argmax(1).tolist()) == [0, 1, 2]
    one, two, three = cells.of(axes[:3]).tolist()
    assert cells.of(axes[[2, 0, 0, 1]]).tolist() == [three, one, one, two]


def test_what_is_new_is_named_rather_than_what_it_takes_the_place_of() -> None:
    english = {"en": 100}
    labels = Labels("language", dict.fromkeys(DAYS, english) | {DAYS[11]: {"en": 90, "es": 10}})
    assert labels.change(DAYS[11], DAYS[:3]) == "es: 0.0% → 10.0%"


def test_one_day_with_few_rows_does_not_hide_rare_labels() -> None:
    usual = {"news": 900, "sports": 100}
    labels = Labels("category", dict.fromkeys(DAYS, usual) | {DAYS[3]: {"news": 20}, DAYS[11]: {"news": 1000}})
    assert labels.measure(DAYS, N).distances.raw[11, 0] > 0.1


def test_fewer_choices_at_equal_scores_are_seen() -> None:
    def day(factor: float) -> tuple[np.ndarray, np.ndarray]:
        scores = RNG.random(2000)
        return scores, (RNG.random(2000) < 0.5 * factor * scores).astype(np.int64)

    rates = Rates("calibration", {one: day(0.5 if one == DAYS[11] else 1) for one in DAYS})
    excess = judge(rates.measure(DAYS, N).distances, 0.001).excess
    assert excess[11] > 1 > excess[10]
    before, after = rates.change(DAYS[11], DAYS[:3]).split(" chosen at these scores → ")
    assert float(before.rstrip("%")) == pytest.approx(25, abs=2)
    assert float(after.rstrip("%")) == pytest.approx(12.5, abs=2)


def test_a_level_that_halves_is_seen_and_one_percent_is_not() -> None:
    levels = Levels("coverage", {day: (100 + n % 3, 0.0, 50) for n, day in enumerate(DAYS)} | {DAYS[11]: (50, 0.0, 50)})
    excess = judge(levels.measure(DAYS, N).distances, 0.001).excess
    assert excess[11] > 1 > excess[10]
    constant = Levels("coverage", dict.fromkeys(DAYS, (100.0, 0.0, 50)) | {DAYS[11]: (100.5, 0.0, 50)})
    assert judge(constant.measure(DAYS, N).distances, 0.001).excess[11] < 1
