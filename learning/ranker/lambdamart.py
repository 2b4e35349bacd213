"""Fit the tree ranker: LambdaMART, boosted trees whose gradients are changes of nDCG.

C. Burges, From RankNet to LambdaRank to LambdaMART: An Overview, MSR-TR-2010-82.
"""

from __future__ import annotations

import numpy as np

from shortlist.learning.ranker.lists import TrainingLists
from shortlist.retrieval.trained.tree_ranker import TreeRanker, lightgbm

TREES = 100
SETTINGS = {
    "objective": "lambdarank", "learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 100, "lambda_l2": 10.0,
    "lambdarank_truncation_level": 20, "deterministic": True, "force_row_wise": True, "num_threads": 1, "seed": 0,
    "verbose": -1,
}  # fmt: skip


def fit_lambdamart(lists: TrainingLists) -> TreeRanker:
    """Return the trees that rank the hidden video of each list high. Raises `ModelMissing` without LightGBM."""
    package = lightgbm()
    sizes = np.bincount(lists.group)
    data = package.Dataset(lists.features, lists.hit.astype(np.int64), group=sizes)
    booster = package.train(SETTINGS, data, num_boost_round=TREES)
    return TreeRanker(lists.names, booster.model_to_string(), dict(lists.depths))
