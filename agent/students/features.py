"""Features of a wish and a candidate's text: cosines of whole texts and of single tokens, and shared words.

The similarity of tokens is late interaction (O. Khattab and M. Zaharia, ColBERT, 2020): for each token of the wish, the
largest cosine with a token of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shortlist.models.students.token_network import TokenNetwork, TokenVectors
from shortlist.retrieval.analysis import terms

FEATURES = (
    "cosine", "title cosine", "token similarity", "least token similarity", "title token similarity",
    "shared words", "shared words of title", "length",
)  # fmt: skip
WORD = re.compile(r"\w+")

Floats = npt.NDArray[np.float64]


def features(wish: str, texts: Sequence[str], network: TokenNetwork) -> Floats:
    """Return float64[n, f]: the `FEATURES` of each text, whose first line is its title."""
    asked = network.encode(wish)
    content = _content(wish, asked)
    words = set(terms(wish))
    return np.array([_row(asked, content, words, text, network.encode(text)) for text in texts]).reshape(
        len(texts), len(FEATURES)
    )


def _row(
    asked: TokenVectors, content: npt.NDArray[np.bool_], words: set[str], text: str, found: TokenVectors
) -> list[float]:
    title = text.partition("\n")[0]
    in_title = found.offsets[:, 0] < len(title)
    if not len(asked.vectors):
        return [0.0] * len(FEATURES)
    nearest = _nearest(asked, found, np.ones_like(in_title))[content]
    nearest_title = _nearest(asked, found, in_title)[content]
    titled = found.vectors[in_title].mean(axis=0) if in_title.any() else np.zeros(found.vectors.shape[1])
    return [
        float(asked.pooled @ found.pooled),
        float(asked.pooled @ titled) / max(float(np.linalg.norm(titled)), 1e-12),
        float(nearest.mean()),
        float(nearest.min()),
        float(nearest_title.mean()),
        _share(words, text),
        _share(words, title),
        float(np.log1p(len(found.vectors))),
    ]


def _nearest(asked: TokenVectors, found: TokenVectors, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return float32[tokens of the wish]: the largest cosine of each with a chosen token of the text, 0 without one."""
    if not chosen.any():
        return np.zeros(len(asked.vectors), np.float32)
    return np.asarray((asked.vectors @ found.vectors[chosen].T).max(axis=1))


def _content(wish: str, asked: TokenVectors) -> npt.NDArray[np.bool_]:
    """Return bool[t]: the tokens that are part of an index term; all of them if none is."""
    spans = [match.span() for match in WORD.finditer(wish) if terms(match[0])]
    inside = [any(start <= first < end for start, end in spans) for first in asked.offsets[:, 0].tolist()]
    return np.array(inside) if any(inside) else np.ones(len(inside), dtype=np.bool_)


def _share(words: set[str], text: str) -> float:
    return len(words & set(terms(text))) / len(words) if words else 0.0
