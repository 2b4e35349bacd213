"""The tree ranker: boosted regression trees. An extra: `pip install 'shortlist[trees]'`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from shortlist.core.errors import HomeDamaged, ModelMissing
from shortlist.retrieval.trained.ranker import NAME, REMEDY
from shortlist.retrieval.vectors.arrays import Scores

INSTALL = "pip install 'shortlist[trees]'"


@dataclass(frozen=True, eq=False)
class TreeRanker:
    """Boosted trees over `features`: the score is the sum of one leaf of each tree of `model`, LightGBM's own text.

    On the way to a leaf, the expected score changes at each split. The change counts as the part of the split's feature
    (A. Saabas, Interpreting random forests, 2014), so that the parts sum to the score.
    """

    kind: ClassVar[str] = "lambdamart"
    features: tuple[str, ...]
    model: str
    depths: Mapping[str, int]

    def parts(self, values: Mapping[str, Scores]) -> dict[str, Scores]:
        """See `Ranker`."""
        legs, table = self._leaves
        matrix = np.stack([values[name] for name in self.features], axis=1)
        if not len(matrix):  # LightGBM divides by the number of rows
            return {leg: np.zeros(0) for leg in legs}
        leaves = self._booster.predict(matrix, pred_leaf=True, num_threads=1).astype(np.int64)
        parts = table[np.arange(len(table)), leaves.reshape(len(matrix), len(table))].sum(axis=1)
        return {leg: parts[:, at] for at, leg in enumerate(legs)}

    @cached_property
    def _booster(self) -> Any:
        return lightgbm().Booster(model_str=self.model)

    @cached_property
    def _leaves(self) -> tuple[list[str], npt.NDArray[np.float64]]:
        """The legs, and the part of each of them in each leaf, float64[trees, leaves, legs]."""
        legs = sorted({name.partition(":")[0] for name in self.features})
        column = [legs.index(name.partition(":")[0]) for name in self.features]
        trees = [tree["tree_structure"] for tree in self._booster.dump_model()["tree_info"]]
        found = [dict(_leaf_parts(tree, np.zeros(len(legs)), column)) for tree in trees]
        table = np.zeros((len(trees), 1 + max((leaf for one in found for leaf in one), default=0), len(legs)))
        for tree, parts in zip(table, found, strict=True):
            for leaf, part in parts.items():
                tree[leaf] = part
        return legs, table

    def save(self, folder: Path) -> None:
        """See `Ranker`. The file is JSON."""
        stored = {"features": self.features, "model": self.model, "depths": dict(self.depths)}
        (folder / NAME).write_text(json.dumps(stored) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> TreeRanker:
        """Read the ranker in `folder`. Raises `HomeDamaged` if it is unreadable, `ModelMissing` without the package."""
        lightgbm()
        try:
            stored = json.loads((folder / NAME).read_text(encoding="utf-8"))
            ranker = cls(tuple(stored["features"]), stored["model"], stored["depths"])
            if ranker._booster.num_feature() != len(ranker.features):
                raise ValueError("trees over other features")
        except (OSError, ValueError, KeyError, TypeError, lightgbm().basic.LightGBMError) as error:
            what = f"{folder / NAME} is damaged"
            raise HomeDamaged(what, expected="a ranker", found=str(error), remedy=REMEDY) from error
        return ranker


def lightgbm() -> Any:
    """Import LightGBM. Raises `ModelMissing` with the command that installs it."""
    try:
        import lightgbm
    except ImportError as error:
        raise ModelMissing(
            "the tree ranker needs LightGBM", expected="the package lightgbm", found="none", remedy=INSTALL
        ) from error
    return lightgbm


def _leaf_parts(
    node: Mapping[str, Any], so_far: npt.NDArray[np.float64], column: Sequence[int]
) -> Iterator[tuple[int, npt.NDArray[np.float64]]]:
    """Yield each leaf below `node` with the part of each leg on the way to it."""
    if "split_feature" not in node:
        yield node.get("leaf_index", 0), so_far
        return
    for child in (node["left_child"], node["right_child"]):
        parts = so_far.copy()
        parts[column[node["split_feature"]]] += _value(child) - _value(node)
        yield from _leaf_parts(child, parts, column)


def _value(node: Mapping[str, Any]) -> float:
    return float(node["internal_value"] if "split_feature" in node else node["leaf_value"])
