"""The ranker: its loss by hand, the lists that it learns from, and the audit of the legs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import check_grad

from shortlist.core.config import Config
from shortlist.core.errors import RecordError, UsageError
from shortlist.learning.acts import Acts, HiddenActs
from shortlist.learning.ranker.audit import require_unseen
from shortlist.learning.ranker.lists import TrainingLists, training_lists
from shortlist.learning.ranker.logistic import loss_and_gradient
from shortlist.learning.towers.svd import train_svd
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.trained.versions import Trained
from shortlist.store.home import Home


def before(snapshot: Snapshot, hidden: HiddenActs, acts: Acts) -> Snapshot:
    tower = train_svd(acts, 0, 4)
    return replace(snapshot, links=acts.links(), popular=acts.popularity(14), trained=Trained("t", {"svd": tower}))


def test_the_loss_and_its_gradient_by_hand() -> None:
    features = np.array([[1.0], [0.0], [2.0], [0.0]])
    hit, group = np.array([True, False, True, False]), np.array([0, 0, 1, 1])
    loss, gradient = loss_and_gradient(np.array([1.0]), features, hit, group, 0.5)
    expected = math.log1p(math.exp(-1)) + math.log1p(math.exp(-2)) + 0.25
    assert loss == pytest.approx(expected)
    assert gradient[0] == pytest.approx(-1 / (1 + math.e) - 2 / (1 + math.e**2) + 0.5)
    random = np.random.default_rng(0).normal(size=(4, 3))
    value = lambda w: loss_and_gradient(w, random, hit, group, 1.0)[0]  # noqa: E731
    slope = lambda w: loss_and_gradient(w, random, hit, group, 1.0)[1]  # noqa: E731
    assert check_grad(value, slope, np.array([0.1, -0.2, 0.3])) < 1e-5


def test_too_few_lists_say_so() -> None:
    lists = TrainingLists(("a:x",), np.zeros((3, 1), np.float32), np.ones(3, np.bool_), np.arange(3), 4, 0.75, {})
    with pytest.raises(UsageError, match="found 3 of 4"):
        lists.require_enough()


def test_hidden_acts_are_nowhere_in_the_lists(open_copy: Callable[[], Home], config: Config) -> None:
    with open_copy() as home:
        acts = Acts.read(home.catalogue)
        hidden = HiddenActs.of(acts, 60, seed=0)
        assert len(hidden.acts) == len(acts) - 60
        snapshot = before(load_snapshot(home), hidden, hidden.acts)
        require_unseen(snapshot, hidden, {"svd": hidden.acts.digest})
        lists = training_lists(home, snapshot, hidden, config, seed=0)
    assert lists.asked == 60
    assert lists.recall > 0.9  # of 36 videos
    assert int(lists.hit.sum()) == lists.group.max() + 1
    assert np.isfinite(lists.features).all()


def test_the_audit_refuses_legs_that_have_seen_the_target(open_copy: Callable[[], Home]) -> None:
    with open_copy() as home:
        acts = Acts.read(home.catalogue)
        hidden = HiddenActs.of(acts, 60, seed=0)
        snapshot = load_snapshot(home)
    clean, leaked = before(snapshot, hidden, hidden.acts), before(snapshot, hidden, acts)
    cases = {
        "svd": (clean, {"svd": acts.digest}),
        "cowatch": (replace(clean, links=leaked.links), {"svd": hidden.acts.digest}),
        "popular": (replace(clean, popular=acts.popularity(1e9)), {"svd": hidden.acts.digest}),
    }
    for name, (legs, trained_on) in cases.items():
        with pytest.raises(RecordError, match=f"seen some: {name}"):
            require_unseen(legs, hidden, trained_on)
