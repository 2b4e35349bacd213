"""Simulate readers for evaluation. Their tastes are points in the embedding space, not category labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from shortlist.core.errors import UsageError
from shortlist.core.ranking import FloatArray
from shortlist.core.types import Action, Event, Kind, Reader
from shortlist.ingest.simulate.behaviour import Interactions, Slate, act, expose
from shortlist.ingest.simulate.tastes import Taste, Tastes, draw_taste, unit
from shortlist.store.documents.document import Document, article_documents, video_documents
from shortlist.store.embed import Embedder
from shortlist.store.home import Home

BLOCK = 64  # readers whose similarities with the whole catalogue are in memory at once
SPOKEN_WORDS_A_SECOND = 2.5
READ_WORDS_A_SECOND = 4.0
DEFAULT_LENGTH_S = 45.0
MIN_ITEMS = 10


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """The result of a simulation: the number of readers and of new events, and the file of the tastes."""

    readers: int
    events: int
    tastes: Path


@dataclass(frozen=True, slots=True)
class Items:
    """All videos and articles with an embedding, sorted by kind and id. The arrays are aligned with `ids`."""

    ids: tuple[str, ...]
    kinds: tuple[Kind, ...]
    vectors: FloatArray
    lengths_s: FloatArray


def simulate(
    home: Home, readers: int, seed: int, now: datetime, progress: Callable[[int], None] | None = None
) -> SimulationResult:
    """Write `readers` simulated readers "sim_00001", ... and six weeks of their events before `now`.

    The result depends only on the seed, the catalogue and `now`. A second run in the same home with the same seed
    reuses the first `now` and adds only missing readers and events. The tastes are stored in `simulated.npz` in the
    home. Raises `UsageError` for a home with too few items, or simulated with another seed or catalogue.
    """
    items = _items(home)
    previous = _previous_run(home, seed)
    now_s = previous.now_s if previous else float(round(now.timestamp()))
    readers = max(readers, len(previous.readers) if previous else 0)
    mean, scale = _similarity_scale(items.vectors)
    rngs = [np.random.default_rng([seed, index]) for index in range(readers)]
    tastes = [draw_taste(rng, index, items.vectors) for index, rng in enumerate(rngs)]
    path = Tastes(tuple(tastes), seed, home.catalogue.revision(), now_s, scale).save(home.path)
    n_events = 0
    for start in range(0, readers, BLOCK):
        block = tastes[start : start + BLOCK]
        events: list[Event] = []
        for taste, rng, similarities in zip(
            block, rngs[start : start + BLOCK], _similarities(block, items.vectors), strict=True
        ):
            slate = expose(rng, taste, similarities, scale)
            acts = act(rng, taste, slate, items.lengths_s, mean, scale, now_s)
            events.extend(_events(taste, items, slate, acts))
        home.catalogue.readers.put([Reader(taste.user_id) for taste in block])
        n_events += home.catalogue.events.add(events)
        if progress:
            progress(len(block))
    return SimulationResult(readers, n_events, path)


def _items(home: Home) -> Items:
    """Load the items, sorted so that the order in which they were stored does not matter."""
    lengths: dict[tuple[Kind, str], float] = {}
    documents: dict[tuple[Kind, str], Document] = {}
    for revision, video in home.catalogue.videos.iterate():
        spoken = len(video.transcript.text.split()) / SPOKEN_WORDS_A_SECOND
        lengths["video", video.id] = video.duration_s or spoken or DEFAULT_LENGTH_S
        documents["video", video.id] = video_documents(video, revision)[0]
    for revision, article in home.catalogue.articles.iterate():
        lengths["article", article.id] = len(f"{article.title} {article.body}".split()) / READ_WORDS_A_SECOND
        documents["article", article.id] = article_documents(article, revision)[0]
    embeddings = Embedder(home).embed(documents.values())
    found = {key: embeddings[one.text_sha] for key, one in documents.items() if one.text_sha in embeddings}
    keys = sorted(found)
    if len(keys) < MIN_ITEMS:
        raise UsageError(
            "too few items to simulate readers",
            expected=f"{MIN_ITEMS} videos and articles or more",
            found=str(len(keys)),
            remedy="ingest videos first",
        )
    return Items(
        ids=tuple(item_id for _, item_id in keys),
        kinds=tuple(kind for kind, _ in keys),
        vectors=unit(np.stack([found[key] for key in keys])),
        lengths_s=np.array([lengths[key] for key in keys], dtype=np.float32),
    )


def _previous_run(home: Home, seed: int) -> Tastes | None:
    previous = Tastes.load(home.path)
    revision = home.catalogue.revision()
    if previous and (previous.seed, previous.revision) != (seed, revision):
        raise UsageError(
            "this home has other simulated readers",
            expected=f"seed {previous.seed} and the catalogue at revision {previous.revision}",
            found=f"seed {seed} and revision {revision}",
            remedy="simulate in a new home, so that old and new tastes are not mixed",
        )
    return previous


def _similarities(block: Sequence[Taste], vectors: FloatArray) -> list[FloatArray]:
    """Return float32[c, n] for each reader: the similarity of each centre with each item."""
    ends = np.cumsum([len(taste.weights) for taste in block])[:-1]
    return np.split(np.concatenate([taste.centres for taste in block]) @ vectors.T, ends)


def _similarity_scale(vectors: FloatArray, sample: int = 1000) -> tuple[float, float]:
    """Return the mean and standard deviation of the cosine of two items, over an evenly spaced sample."""
    rows = vectors[np.linspace(0, len(vectors) - 1, min(sample, len(vectors))).astype(int)]
    cosines = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    return float(cosines.mean()), max(float(cosines.std()), 1e-3)


def _events(taste: Taste, items: Items, slate: Slate, acts: Interactions) -> Iterator[Event]:
    """Yield an impression for every exposure, and the events that followed it."""
    for i, row in enumerate(slate.item):
        event = partial(
            Event,
            user_id=taste.user_id,
            item_id=items.ids[row],
            kind=items.kinds[row],
            request_id=f"{taste.user_id}-{slate.session[i] + 1}",
            position=int(slate.position[i]),
        )
        yield event(action="impression", at=_time(acts.shown_at[i]))
        if acts.chose[i]:
            dwell, chosen_at = float(acts.dwell_s[i]), acts.chosen_at[i]
            yield event(action=_action(items.kinds[row], acts.skipped[i]), at=_time(chosen_at), dwell_s=dwell)
            if acts.liked[i]:
                yield event(action="like", at=_time(chosen_at + round(dwell)))


def _action(kind: Kind, skipped: bool) -> Action:
    if skipped:
        return "skip"
    return "click" if kind == "article" else "view"


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
