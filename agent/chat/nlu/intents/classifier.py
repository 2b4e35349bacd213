"""Linear models of intents and topics; their weights were fitted by `tools/chat/train.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from shortlist.agent.chat.nlu.intents.features import intent_features, token_features, tokens
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.core.ranking import FloatArray

FILE = Path(__file__).with_name("weights.npz")


@dataclass(frozen=True, slots=True)
class LinearModel:
    """A logistic regression over named binary features: `weights` float32[n_features, n_classes], bias last."""

    rows: Mapping[str, int]
    weights: FloatArray

    def logits(self, features: Sequence[str]) -> FloatArray:
        """Return float32[n_classes]; features that the model does not have count nothing."""
        known = [self.rows[name] for name in features if name in self.rows]
        return np.asarray(self.weights[[*known, -1]].sum(axis=0), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class IntentClassifier:
    """Two multinomial logistic regressions over the intents: on n-grams, and on n-grams and the message's vector.

    `encoder` names the encoder of the vectors; `of_vector` float32[dim, n_intents] are their weights.
    """

    intents: tuple[str, ...]
    n_grams: LinearModel
    encoder: str
    n_grams_with_vector: LinearModel
    of_vector: FloatArray

    def classify(self, msg: ParsedMessage, vector: FloatArray | None = None) -> tuple[str, float]:
        """Return the most probable intent of `msg`, whose vector is `vector` if known, and its probability."""
        features = intent_features(msg)
        if vector is None:
            logits = self.n_grams.logits(features)
        else:
            logits = self.n_grams_with_vector.logits(features) + vector @ self.of_vector
        odds = np.exp(logits - logits.max())
        best = int(odds.argmax())
        return self.intents[best], float(odds[best] / odds.sum())


@dataclass(frozen=True, slots=True)
class TopicTagger:
    """Logistic regression over words: whether a word belongs to the topic."""

    learned: frozenset[str]
    model: LinearModel

    def topic(self, text: str, least: float = 0.0) -> str | None:
        """Return the run of words with the greatest sum of log-odds of belonging to the topic, None below `least`.

        It is the maximum subarray of the log-odds (Kadane's algorithm).
        """
        found = tokens(text)
        words = [match[0].lower() for match in found]
        best, total, start = (0.0, 0, 0), 0.0, 0
        for at in range(len(words)):
            if total <= 0:
                total, start = 0.0, at
            total += float(self.model.logits(token_features(words, at, self.learned))[0])
            best = max(best, (total, start, at), key=lambda run: run[0])
        score, first, last = best
        return text[found[first].start() : found[last].end()] if score > least else None


@cache
def load_models() -> tuple[IntentClassifier, TopicTagger]:
    """Return the models of `weights.npz`."""
    with np.load(FILE) as stored:
        data = {name: stored[name] for name in stored.files}
    intent_rows = _rows(data["intent_features"])
    intents = IntentClassifier(
        tuple(map(str, data["intents"])),
        LinearModel(intent_rows, data["n_grams"].astype(np.float32)),
        str(data["encoder"]),
        LinearModel(intent_rows, data["n_grams_with_vector"].astype(np.float32)),
        data["of_vector"].astype(np.float32),
    )
    topics = LinearModel(_rows(data["topic_features"]), data["topics"].astype(np.float32))
    return intents, TopicTagger(frozenset(map(str, data["learned"])), topics)


def _rows(names: np.ndarray) -> dict[str, int]:
    return {str(name): row for row, name in enumerate(names)}
