"""The end-to-end pin: what the whole chain makes of sample/, judged by its own relevance judgements."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shortlist.core.config import Config
from shortlist.engine.build import open_home, open_recommender
from shortlist.eval.data.trec_files import read_qrels
from shortlist.eval.metrics.metrics import ndcg

SAMPLE = Path(__file__).parents[2] / "sample"
PINNED = 0.9108


def test_search_on_the_sample_is_as_good_as_pinned(sample_home: Path) -> None:
    wishes = dict(line.split("\t") for line in (SAMPLE / "queries.tsv").read_text("utf-8").splitlines())
    qrels = read_qrels(SAMPLE / "qrels.txt")
    config = Config(home=sample_home)
    with open_home(config) as home:
        recommender = open_recommender(home, config)
        scores = []
        for query, wish in wishes.items():
            judged = qrels[query]
            ranked = [judged.get(hit.video.id, 0) for hit in recommender.search(wish, 10).recommendations]
            scores.append(float(ndcg(np.array(ranked), np.array(list(judged.values())), 10)))
    assert np.mean(scores) == pytest.approx(PINNED, abs=5e-4)
