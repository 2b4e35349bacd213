"""Towers: the losses and gradients by hand, determinism, resumption, and what they learn."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from shortlist.learning.acts import acts_of
from shortlist.learning.towers.network import TowerNetwork, log_inclusion, sampled_softmax, triplet_loss
from shortlist.learning.towers.svd import shifted_ppmi, train_svd
from shortlist.learning.towers.text_side import TextSide
from shortlist.learning.towers.train import TowerPlan, epochs_of, train_tower
from shortlist.learning.towers.windows import EMPTY, sessions_before, windows_of
from shortlist.models.towers.item_tower import ItemTower, act_code, age_codes

SMALL = TowerPlan(d=8, epochs=6, steps=0, positions=64, uniform=4, rate=0.02)
CYCLE = [[str((first + at) % 10) for at in range(6)] for first in range(10) for _ in range(8)]
IDS = [str(number) for number in range(10)]


def next_of(tower: ItemTower, item: str) -> str:
    """The best video after `item` alone, without itself."""
    scores = tower.outputs @ (tower.recency[0] * tower.inputs[tower.numbers[item]]) + tower.bias
    scores[tower.numbers[item]] = -np.inf
    return tower.ids[int(scores.argmax())]


@pytest.mark.parametrize("loss", ["softmax", "triplet"])
def test_the_next_video_is_learned(loss: str) -> None:
    tower = train_tower(acts_of(CYCLE, IDS), TowerPlan(**{**_settings(), "loss": loss}))
    assert [next_of(tower, item) for item in IDS] == [*IDS[1:], "0"]


def test_the_svd_finds_what_follows_what() -> None:
    tower = train_svd(acts_of(CYCLE, IDS), seed=0, d=8)
    assert [next_of(tower, item) for item in IDS] == [*IDS[1:], "0"]


def test_a_checkerboard_is_completed() -> None:
    """Even readers watch even videos and odd readers odd ones: what a reader has not watched of theirs comes first."""
    draw = np.random.default_rng(0)
    rows = [[str(2 * n + half) for n in draw.permutation(10)[:6]] for half in (0, 1) for _ in range(60)]
    ids = [str(number) for number in range(20)]
    tower = train_tower(acts_of(rows, ids), SMALL)
    for half in (0, 1):
        watched = [2 * n + half for n in range(4)]
        weights = tower.weights(np.zeros(4, np.int64), np.zeros(4))
        scores = tower.outputs @ (weights @ tower.inputs[watched]) + tower.bias
        scores[watched] = -np.inf
        assert {int(tower.ids[at]) % 2 for at in np.argsort(-scores)[:6]} == {half}


def test_the_same_seed_gives_the_same_tower_and_a_stopped_training_goes_on(tmp_path: Path) -> None:
    acts = acts_of(CYCLE, IDS)
    whole = train_tower(acts, SMALL)

    class Stopped(Exception):
        pass

    seen = 0

    def stop(positions: int) -> None:
        nonlocal seen
        seen += positions
        if seen > 2.5 * len(acts):
            raise Stopped

    with pytest.raises(Stopped):
        train_tower(acts, SMALL, checkpoint=tmp_path / "tower.pt", progress=stop)
    learned: list[int] = []
    resumed = train_tower(acts, SMALL, checkpoint=tmp_path / "tower.pt", progress=learned.append)
    assert sum(learned) < 0.75 * SMALL.epochs * (len(acts) - len(CYCLE))
    np.testing.assert_array_equal(resumed.outputs, whole.outputs)
    np.testing.assert_array_equal(train_tower(acts, SMALL).outputs, whole.outputs)
    (tmp_path / "tower.pt").write_bytes(b"damaged")
    np.testing.assert_array_equal(train_tower(acts, SMALL, checkpoint=tmp_path / "tower.pt").outputs, whole.outputs)


def test_few_acts_are_learned_more_often() -> None:
    plan = TowerPlan(positions=100, epochs=3, steps=12)
    assert epochs_of(acts_of([["0", "1", "2"]] * 20, IDS), plan) == 12
    assert epochs_of(acts_of([["0", "1", "2"]] * 100, IDS), plan) == 6
    assert epochs_of(acts_of([["0", "1", "2"]] * 500, IDS), plan) == 3


def test_a_reader_alone_or_nobody_trains_without_nan() -> None:
    for rows in ([["0", "1"]], [["0"]], []):
        acts = acts_of(rows, IDS)
        text = TextSide(np.zeros((len(IDS), 3), np.float32))
        for tower in (train_tower(acts, SMALL, text=text), train_svd(acts, 0, 4)):
            assert all(np.isfinite(array).all() for array in (tower.inputs, tower.outputs, tower.bias, tower.recency))


def test_a_video_that_nobody_watched_scores_by_its_text() -> None:
    texts = np.zeros((11, 10), np.float32)
    texts[np.arange(10), np.arange(10)] = 1
    texts[10] = texts[4]
    tower = train_tower(acts_of(CYCLE, [*IDS, "new"]), SMALL, text=TextSide(texts))
    scores = tower.outputs @ tower.inputs[tower.numbers["3"]]
    assert scores[tower.numbers["new"]] > np.median(scores[:10])
    np.testing.assert_allclose(tower.outputs[10], texts[10] @ tower.text_out, atol=1e-5)


def test_a_tower_comes_back_from_its_files(tmp_path: Path) -> None:
    tower = train_svd(acts_of(CYCLE, IDS), 0, 4)
    tower.save(tmp_path / "svd")
    again = ItemTower.load(tmp_path / "svd")
    assert again.ids == tower.ids
    np.testing.assert_array_equal(again.outputs, tower.outputs)
    (tmp_path / "svd" / "bias.npy").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"."):
        ItemTower.load(tmp_path / "svd")


def test_windows_predict_every_act_but_the_first_once() -> None:
    rows = [[str(at) for at in range(length)] for length in (1, 2, 17, 18, 40)]
    acts = acts_of(rows, [str(at) for at in range(40)])
    windows = windows_of(acts)
    predicted = windows.items[windows.fresh]
    expected = np.concatenate([np.arange(1, length) for length in (2, 17, 18, 40)])
    np.testing.assert_array_equal(np.sort(predicted), np.sort(expected))
    assert (windows.items[windows.fresh] != EMPTY).all()
    assert sum(len(rows) for rows in windows.batches(10, seed=1)) == len(windows)


def test_shifted_ppmi_by_hand() -> None:
    counts = csr_array(np.array([[0.0, 8.0], [2.0, 0.0]]))
    found = shifted_ppmi(counts, power=1.0, shift=1.0).toarray()
    # P(a, b) / (P(a) P(b)) = (8/10) / (8/10 x 8/10) and (2/10) / (2/10 x 2/10).
    np.testing.assert_allclose(found, [[0, math.log(1.25)], [math.log(5), 0]])
    assert shifted_ppmi(counts, power=1.0, shift=2.0).toarray()[0, 1] == 0


def network() -> TowerNetwork:
    table = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], np.float32)
    return TowerNetwork(table, table, contexts=None, sessions=True, signals=True, dropout=0.0)


def test_the_sampled_softmax_and_its_gradient_by_hand() -> None:
    net = network()
    readers, log_q = torch.tensor([[1.0, 2.0]]), torch.tensor([0.0, math.log(0.5), 0.0])
    masked = torch.tensor([[False, False, True]])
    loss = sampled_softmax(readers, torch.tensor([0]), torch.arange(3), masked, log_q, net)
    # Scores 1 and 2 - log(0.5); the third is masked.
    share = math.exp(1) / (math.exp(1) + 2 * math.exp(2))
    assert loss.item() == pytest.approx(-math.log(share))
    loss.backward()
    assert net.bias.grad is not None
    np.testing.assert_allclose(net.bias.grad, [share - 1, 1 - share, 0], atol=1e-6)


def test_the_triplet_loss_by_hand() -> None:
    net = network()
    readers, masked = torch.tensor([[1.0, 2.0]]), torch.zeros(1, 17, dtype=torch.bool)
    candidates = torch.tensor([0] + [2] * 15 + [1])  # the 16th after the target is item 1
    loss = triplet_loss(readers, torch.tensor([0]), candidates, masked, torch.zeros(3), net)
    assert loss.item() == pytest.approx(1 - 1 + 2)  # margin, the target's score, the negative's


def test_a_reader_is_the_weighted_sum_of_what_came_before() -> None:
    net = network()
    with torch.no_grad():
        net.acts[1], net.ages[1] = 0.5, 0.25
    items, codes = torch.tensor([[0, 1, 2]]), torch.tensor([[0, 1, 0]])
    ages = torch.zeros(1, 3, 3, dtype=torch.int64)
    ages[0, 2, 0] = 1
    session, share = torch.zeros(1, 3, 3, dtype=torch.int64), torch.zeros(1, 3, 3)
    found = net.readers(items, codes, ages, session, share)[0].detach().numpy()
    np.testing.assert_allclose(found[0], [0, 0])
    np.testing.assert_allclose(found[1], [1, 0])
    np.testing.assert_allclose(found[2], [0.7 * 0.25, 0.5], atol=1e-6)


def test_sessions_and_their_means_by_hand() -> None:
    session, share = sessions_before(np.array([[0.0, 100.0, 4000.0, 4100.0, 4200.0]]))
    assert session[0, 4].tolist() == [1, 1, 0, 0, 0]
    np.testing.assert_allclose(share[0, 4], [0.5, 0.5, 0.5, 0.5, 0])
    np.testing.assert_allclose(share[0, 3], [0.5, 0.5, 1, 0, 0])
    tower = train_svd(acts_of(CYCLE, IDS), seed=0, d=2)
    pooling = replace(tower, recency=np.zeros(16, np.float32), sessions=np.array([0.6, 0.2, 0.1, 0.1], np.float32))
    weights = pooling.weights(np.zeros(4, np.int64), np.array([0.0, 100.0, 4100.0, 4200.0]))
    np.testing.assert_allclose(weights, [0.3, 0.3, 0.1, 0.1], atol=1e-6)
    assert len(pooling.weights(np.zeros(0, np.int64), np.zeros(0))) == 0


def test_the_chance_to_be_a_candidate() -> None:
    found = log_inclusion(torch.tensor([0.5, 0.5]), positions=2, uniform=1)
    assert found.tolist() == pytest.approx([math.log(1 - math.exp(-1.5))] * 2)


def test_codes() -> None:
    assert [act_code("view", None), act_code("view", 4.9), act_code("click", 5), act_code("view", 99)] == [0, 1, 2, 4]
    assert act_code("like", 1.0) == 5
    assert age_codes([0, 1800, 1801, 86_401, 604_801]).tolist() == [0, 0, 1, 2, 3]


def _settings() -> dict[str, object]:
    return {name: getattr(SMALL, name) for name in SMALL.__slots__}
