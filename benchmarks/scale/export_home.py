"""A home with many videos of real text and readers with histories, for benchmarks. It has no Chroma."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.retrieval import videos
from shortlist.core.config import EncoderConfig
from shortlist.core.ranking import FloatArray
from shortlist.core.types import Event
from shortlist.retrieval.index.background_merge import merge_in_background
from shortlist.retrieval.index.index import FOLDER, IndexWriter, empty_index
from shortlist.retrieval.index.segment import video_segment
from shortlist.store.home import Home

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def make_home(
    path: Path, texts: Sequence[str], vectors: FloatArray, n_videos: int, n_readers: int, n_events: int
) -> None:
    """Write the catalogue and the index, unless they exist from an earlier run."""
    with Home.open(path, EncoderConfig().name) as home:
        if home.catalogue.counts().readers >= n_readers:
            return
        writer = IndexWriter(path / FOLDER, empty_index(home.home_id, home.encoder))
        with home.writing():
            for made, mixed in videos(texts, vectors, n_videos):
                home.catalogue.videos.put(made)
                writer.add(video_segment(made, mixed))
            revision = home.catalogue.revision()
            home.catalogue.set_indexed(writer.commit(revision).manifest.id, revision)
            home.catalogue.set_delivered(revision)
        merge_in_background(home)
        for reader in range(n_readers):
            home.catalogue.events.add(history(reader, n_videos, n_events))


def history(reader: int, n_videos: int, n_events: int) -> list[Event]:
    """Return views of random videos, at most three in the current session."""
    draw = np.random.default_rng(reader)
    chosen = draw.choice(n_videos, n_events, replace=False).tolist()
    dwells = draw.uniform(3, 60, n_events).tolist()
    return [
        Event(
            f"reader-{reader:07d}", f"bench:{video:08d}", "video", "view", NOON - timedelta(hours=place // 3 * 7), dwell
        )
        for place, (video, dwell) in enumerate(zip(chosen, dwells, strict=True))
    ]
