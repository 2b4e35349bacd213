"""Other systems in the same evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shortlist.core.config import Config
from shortlist.core.errors import ConfigError
from shortlist.eval.data.dataset import DataSet, EvalQuery, Item
from shortlist.eval.data.specs import load
from shortlist.eval.factories import Factories
from shortlist.eval.metrics.scores import score
from shortlist.eval.peers.implicit_als import ImplicitAls
from shortlist.eval.peers.peer import build_peer_data
from shortlist.eval.run import run_variant
from shortlist.eval.tasks.from_files import task_of
from shortlist.eval.variants import Variant

NEEDS = {"implicit-als": "implicit", "langchain-ensemble": "langchain_classic"}


def mean(kind: str, peer: str, folders: dict[str, Path], config: Config, factories: Factories) -> float:
    task = task_of(load(f"{kind}:{folders[kind]}"))
    finished = run_variant(task, Variant(name=peer, peer=peer), config, factories)
    assert list(finished.cost.stage_ms) == ["rank"]
    for query in task.data.queries:
        assert not set(finished.run.rankings[query.id].ids) & task.data.excluded(query)
    return float(np.mean(score(task.data, finished.run.rankings)["nDCG@10"]))


@pytest.mark.parametrize("peer", ["rank-bm25", "sklearn-tfidf", "langchain-ensemble"])
def test_search_engines_beat_chance(
    peer: str, data_folders: dict[str, Path], config: Config, factories: Factories
) -> None:
    if peer in NEEDS:
        pytest.importorskip(NEEDS[peer])
    chance = mean("beir", "random", data_folders, config, factories)
    assert mean("beir", peer, data_folders, config, factories) > chance + 0.2


def test_als_finds_the_missing_field_of_a_checkerboard(config: Config, factories: Factories) -> None:
    """Readers choose all items of their own parity but one."""
    pytest.importorskip("implicit")
    items = tuple(Item(f"i{number}", f"title {number}") for number in range(20))
    own = {f"u{reader}": [f"i{number}" for number in range(reader % 2, 20, 2)] for reader in range(20)}
    hidden = {user: fields.pop(int(user[1:]) // 2) for user, fields in own.items()}
    queries = tuple(EvalQuery(user, user_id=user, history=tuple(fields)) for user, fields in own.items())
    qrels = {user: {item: 1} for user, item in hidden.items()}
    task = task_of(DataSet("watches-board", "watches", items, queries, qrels, "board", exclude_seen=True))
    data = build_peer_data(task, factories.encoder(config)(), seed=0)
    peer = ImplicitAls(data, factors=2)  # as many as there are tastes
    for query in queries:
        scores = peer.scores(query, None)
        scores[data.history_rows(query)] = -np.inf
        assert items[int(scores.argmax())].id == hidden[query.id]


def test_chance_is_the_same_twice_and_popularity_counts_readers(
    data_folders: dict[str, Path], config: Config, factories: Factories
) -> None:
    task = task_of(load(f"watches:{data_folders['watches']}"))
    ranked = run_variant(task, Variant(name="popularity", peer="popularity"), config, factories).run.rankings["u0"]
    counts = {item.id: 0 for item in task.data.items}
    for query in task.data.queries:
        for item in set(query.history):
            counts[item] += 1
    assert dict(zip(ranked.ids, ranked.scores.tolist(), strict=True)) == {
        item: float(counts[item]) for item in ranked.ids
    }


def test_an_unknown_peer_lists_the_names(data_folders: dict[str, Path], config: Config, factories: Factories) -> None:
    with pytest.raises(ConfigError, match="one of rank-bm25"):
        mean("beir", "nobody", data_folders, config, factories)
