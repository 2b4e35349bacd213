"""What every trained ranker does, however it was fitted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shortlist.core.errors import HomeDamaged
from shortlist.learning.ranker.lambdamart import fit_lambdamart
from shortlist.learning.ranker.lists import TrainingLists
from shortlist.learning.train import FITS
from shortlist.retrieval.trained.ranker import NAME, Ranker
from shortlist.retrieval.trained.tree_ranker import lightgbm
from shortlist.retrieval.trained.versions import RANKERS

RIVALS = 9
NAMES = ("cowatch:share", "dense:flat", "tower:noise", "tower:share")
DEPTHS = {"cowatch": 9, "dense": 7, "tower": 5}


def make_lists(n_lists: int = 400) -> TrainingLists:
    """Lists whose hidden video has, on average, more of two features than its rivals."""
    draw = np.random.default_rng(0)
    hit = np.tile(np.arange(1 + RIVALS) == 0, n_lists)
    noise = draw.normal(size=(len(hit), 3))
    columns = (noise[:, 0] + 1.5 * hit, np.full(len(hit), 7.0), noise[:, 1], noise[:, 2] + 1.0 * hit)
    features = np.stack(columns, axis=1).astype(np.float32)
    return TrainingLists(NAMES, features, hit, np.repeat(np.arange(n_lists), 1 + RIVALS), n_lists, 1.0, DEPTHS)


@pytest.fixture(scope="module")
def lists() -> TrainingLists:
    return make_lists()


@pytest.mark.parametrize("kind", FITS)
class TestRankerContract:
    @pytest.fixture
    def ranker(self, kind: str, lists: TrainingLists) -> Ranker:
        return FITS[kind](lists)

    @pytest.fixture
    def load(self, kind: str) -> Callable[[Path], Ranker]:
        return RANKERS[kind]

    def test_the_hidden_video_is_ranked_high(self, ranker: Ranker, lists: TrainingLists) -> None:
        scores = sum_of(ranker, lists).reshape(-1, 1 + RIVALS)
        ranks = 1 + (scores > scores[:, :1]).sum(axis=1)
        assert np.mean(1 / ranks) > 0.6  # by chance 0.29

    def test_parts_are_those_of_legs_with_evidence(self, ranker: Ranker, lists: TrainingLists) -> None:
        parts = ranker.parts(values_of(lists))
        assert parts.keys() <= {"cowatch", "dense", "tower"}
        spread = {leg: float(np.std(part)) for leg, part in parts.items()}
        assert spread["cowatch"] > spread["tower"] > 0
        assert spread.get("dense", 0.0) == 0
        assert ranker.depths == DEPTHS

    def test_it_comes_back_from_disk(
        self, ranker: Ranker, lists: TrainingLists, load: Callable[[Path], Ranker], tmp_path: Path
    ) -> None:
        ranker.save(tmp_path)
        again = load(tmp_path)
        np.testing.assert_array_equal(sum_of(again, lists), sum_of(ranker, lists))
        assert again.depths == DEPTHS

    def test_the_same_lists_give_the_same_ranker(self, kind: str, ranker: Ranker, lists: TrainingLists) -> None:
        np.testing.assert_array_equal(sum_of(FITS[kind](make_lists()), lists), sum_of(ranker, lists))

    def test_no_candidates_have_no_parts(self, ranker: Ranker) -> None:
        assert all(len(part) == 0 for part in ranker.parts({name: np.empty(0) for name in NAMES}).values())

    @pytest.mark.parametrize("damaged", [b"", b"{}", b'{"features": ["a"], "model": "tree", "depths": {}}'])
    def test_a_damaged_file_is_refused(
        self, kind: str, load: Callable[[Path], Ranker], damaged: bytes, tmp_path: Path
    ) -> None:
        (tmp_path / NAME).write_bytes(damaged)
        with pytest.raises(HomeDamaged, match="is damaged"):
            load(tmp_path)


def test_the_parts_of_trees_sum_to_their_score(lists: TrainingLists) -> None:
    ranker = fit_lambdamart(lists)
    scores = lightgbm().Booster(model_str=ranker.model).predict(lists.features)
    differences = sum_of(ranker, lists) - scores
    np.testing.assert_allclose(differences, differences[0], atol=1e-6)


def values_of(lists: TrainingLists) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    return {name: lists.features[:, at].astype(np.float64) for at, name in enumerate(lists.names)}


def sum_of(ranker: Ranker, lists: TrainingLists) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.sum(list(ranker.parts(values_of(lists)).values()), axis=0)
