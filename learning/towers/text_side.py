"""The text side of a tower: vectors of videos that nobody has watched, predicted from their texts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shortlist.learning.acts import Acts
from shortlist.models.towers.item_tower import ItemTower

Floats = npt.NDArray[np.float32]
RIDGE = 10.0
ENOUGH = 5  # watches from which a video's own vectors are used in full


@dataclass(frozen=True, slots=True, eq=False)
class TextSide:
    """The text vectors of all videos, float32[n, t], aligned with the ids of the acts; zeros if unknown."""

    vectors: Floats


def with_text_side(tower: ItemTower, acts: Acts, text: TextSide) -> ItemTower:
    """Return `tower` with maps from text vectors, fitted by ridge regression on watched videos.

    A video counts as often as it was watched, up to `ENOUGH`. Videos without any watch get the mapped vectors, and a
    bias like that of the rarest.
    """
    watched = np.bincount(acts.items, minlength=len(acts.ids)).astype(np.float64)
    known = watched > 0
    weight = np.minimum(watched, ENOUGH)[known, None]
    texts = text.vectors[known].astype(np.float64)
    gram = texts.T @ (weight * texts) + RIDGE * np.eye(texts.shape[1])
    maps = [
        np.linalg.solve(gram, texts.T @ (weight * table[known].astype(np.float64))).astype(np.float32)
        for table in (tower.inputs, tower.outputs)
    ]
    rare = known & (watched <= max(1.0, np.percentile(watched[known], 25))) if known.any() else known
    new_bias = np.array([np.median(tower.bias[rare]) if rare.any() else 0.0], dtype=np.float32)
    inputs, outputs, bias = tower.inputs.copy(), tower.outputs.copy(), tower.bias.copy()
    inputs[~known], outputs[~known] = text.vectors[~known] @ maps[0], text.vectors[~known] @ maps[1]
    bias[~known] = new_bias
    return replace(
        tower, inputs=inputs, outputs=outputs, bias=bias, text_in=maps[0], text_out=maps[1], new_bias=new_bias
    )
