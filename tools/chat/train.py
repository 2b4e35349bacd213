"""Fits the chat's intent classifier and topic tagger, and writes the weights that the chat reads.

Run `python -m tools.chat.train`. The training data are `utterances.jsonl` and made-up messages from
`phrases.toml`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from shortlist.agent.chat.languages.to_english import to_english
from shortlist.agent.chat.nlu.context import ParseContext
from shortlist.agent.chat.nlu.intents.classifier import FILE
from shortlist.agent.chat.nlu.intents.features import intent_features, text_to_encode, token_features, tokens
from shortlist.agent.chat.nlu.message import ParsedMessage
from shortlist.agent.chat.nlu.parse import split_message
from shortlist.core.config import EncoderConfig, ModelsConfig
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.loader import load_encoder
from tools.chat.labelled import (
    CONTEXTS,
    SAMPLE_NAMES,
    SAMPLE_READERS,
    TODAY,
    Labelled,
    intent_of,
    load_utterances,
    topic_of,
)
from tools.chat.phrases import make_up

PER_PHRASE = 6  # made-up messages of each phrase
LEAST_MESSAGES = 2  # that have a feature, for the feature to be kept
INVERSE_REGULARISATION = 3.0
SCALE = 6.0  # of the vectors beside the binary features
SEED = 1
OUTSIDE_A_LIST = ("new", "reader", "topic", "list")
IN_A_LIST = ("topic", "list", "filtered", "search")
TOPICAL = {"recommend", "browse", "search", "exclude", "less_channel"}  # whose messages may name a topic
WITHOUT_A_LIST = {
    "recommend",
    "browse",
    "search",
    "surprise",
    "profile",
    "history",
    "standing",
    "settings",
    "clear_settings",
    "help",
    "thanks",
    "farewell",
    "other",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A message in parts, its intent, and the topic that it contains."""

    msg: ParsedMessage
    intent: str
    topic: str | None
    misspelt: bool = False


def labelled_examples(utterances: Sequence[Labelled]) -> Iterator[Example]:
    """Yield the labelled utterances as examples."""
    for one in utterances:
        msg, _, _ = split_message(to_english(one.text)[0], ParseContext(one.names, one.state, TODAY))
        yield Example(msg, intent_of(one, msg), topic_of(one))


def made_up_examples(chance: Random) -> Iterator[Example]:
    """Yield made-up messages as examples, each in a state of the chat where its intent is possible."""
    values = {"reader": SAMPLE_READERS, "category": SAMPLE_NAMES.categories, "channel": SAMPLE_NAMES.channels}
    for one in make_up(PER_PHRASE, values, chance):
        state = CONTEXTS[chance.choice(OUTSIDE_A_LIST if one.intent in WITHOUT_A_LIST else IN_A_LIST)]
        msg, _, _ = split_message(to_english(one.text)[0], ParseContext(SAMPLE_NAMES, state, TODAY))
        yield Example(msg, one.intent, one.topic, one.misspelt)


def fit_intents(examples: Sequence[Example], encoder: Encoder) -> dict[str, np.ndarray]:
    """Return the intents, their features, and the weights of both classifiers."""
    names, matrix = _matrix([intent_features(one.msg) for one in examples])
    labels = [one.intent for one in examples]
    vectors = encoder.encode([text_to_encode(one.msg) for one in examples])
    n_grams, both = _fit(matrix, labels), _fit(hstack([matrix, csr_matrix(SCALE * vectors)]).tocsr(), labels)
    return {
        "intents": n_grams.classes_,
        "intent_features": names,
        "encoder": np.array(encoder.name),
        "n_grams": _weights(n_grams, len(names)),
        "n_grams_with_vector": _weights(both, len(names)),
        "of_vector": (SCALE * both.coef_.T[len(names) :]).astype(np.float16),
    }


def fit_topics(examples: Sequence[Example]) -> dict[str, np.ndarray]:
    """Return the words that the tagger learned, and its features and weights."""
    tagged = [
        (words, inside)
        for one in examples
        if one.intent in TOPICAL and (found := _tag(one))
        for words, inside in [found]
    ]
    seen = Counter(pair for words, inside in tagged for pair in zip(words, inside, strict=True))
    learned = frozenset(word for word, _ in seen if seen[word, False] >= max(LEAST_MESSAGES, seen[word, True]))
    rows = [token_features(words, at, learned) for words, _ in tagged for at in range(len(words))]
    names, matrix = _matrix(rows)
    model = _fit(matrix, [is_topic for _, inside in tagged for is_topic in inside])
    return {"learned": np.array(sorted(learned)), "topic_features": names, "topics": _weights(model, len(names))}


def _tag(one: Example) -> tuple[list[str], list[bool]] | None:
    """Return the words of the message without its limits, and which belong to the topic; None if that is unclear."""
    text = one.msg.rest.lower()
    start = text.find(one.topic.lower()) if one.topic else 0
    if start < 0 or not text or one.misspelt:
        return None
    end = start + len(one.topic or "")
    found = tokens(text)
    return [match[0] for match in found], [start <= match.start() < end for match in found]


def _matrix(rows: Sequence[Sequence[str]]) -> tuple[np.ndarray, csr_matrix]:
    """Return the features that enough rows have, and the binary matrix of the rows over them."""
    counts = Counter(name for row in rows for name in row)
    names = sorted(name for name, count in counts.items() if count >= LEAST_MESSAGES)
    columns = {name: column for column, name in enumerate(names)}
    known = [[columns[name] for name in row if name in columns] for row in rows]
    flat = np.array([column for row in known for column in row], dtype=np.int32)
    pointers = np.cumsum([0, *map(len, known)])
    return np.array(names), csr_matrix((np.ones(len(flat), np.float32), flat, pointers), (len(rows), len(names)))


def _fit(matrix: csr_matrix, labels: Sequence[Any]) -> LogisticRegression:
    return LogisticRegression(C=INVERSE_REGULARISATION, max_iter=200, tol=1e-3).fit(matrix, labels)


def _weights(model: LogisticRegression, n_features: int) -> np.ndarray:
    """Return the weights of the first `n_features`, and the bias: float16[n_features + 1, n_classes]."""
    return np.vstack([model.coef_.T[:n_features], model.intercept_]).astype(np.float16)


def train(utterances: Sequence[Labelled], encoder: Encoder, path: Path = FILE) -> None:
    """Fit the models on `utterances` and on made-up messages, and write their weights to `path`."""
    examples = [*labelled_examples(utterances), *made_up_examples(Random(SEED))]  # noqa: S311  (made-up messages)
    np.savez_compressed(path, allow_pickle=False, **fit_intents(examples, encoder), **fit_topics(examples))


if __name__ == "__main__":
    train(load_utterances(), load_encoder(EncoderConfig(), ModelsConfig()))
