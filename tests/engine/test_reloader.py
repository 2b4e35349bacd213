"""Reloads while requests come in."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from shortlist.core.config import Config, EncoderConfig
from shortlist.core.types import Video
from shortlist.engine.build import open_live_recommender
from shortlist.engine.reloader import Reloader
from shortlist.learning.acts import acts_of
from shortlist.learning.towers.svd import train_svd
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.retrieval.trained import versions
from shortlist.store.home import Home
from shortlist.store.outbox import deliver
from shortlist.store.registry.decisions import NO_MODELS
from tests.serving.conftest import GATES, context_over


def test_who_asks_while_the_news_is_being_loaded_waits_for_it(
    small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    encoder = new_hash_encoder()
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), **GATES)  # type: ignore[arg-type]
    slow, loading, release = threading.Event(), threading.Event(), threading.Event()
    with Home.open(small_home, encoder.name) as home, Home.open(small_home, encoder.name) as elsewhere:

        def load() -> Any:
            if slow.is_set():
                loading.set()
                release.wait(120)
            return open_live_recommender(home, config, encoder=lambda: encoder)

        reloader = Reloader(home, config.serve.write_wait_s, load)
        before = reloader.snapshot().revision
        slow.set()
        with elsewhere.writing("testing"):
            elsewhere.catalogue.videos.put([Video("zebra", "The zebracoaster")])
            deliver(elsewhere, lambda: encoder)
        load_snapshot(elsewhere)
        refreshing = threading.Thread(target=reloader.refresh)
        refreshing.start()
        assert loading.wait(120)
        found: list[int] = []
        asking = threading.Thread(target=lambda: found.append(reloader.snapshot().revision))
        asking.start()
        asking.join(0.2)  # long enough for an answer from the old state
        release.set()
        for thread in (refreshing, asking):
            thread.join(120)
        assert found[0] > before


def test_a_promoted_version_is_taken_at_the_next_request(
    small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    encoder = new_hash_encoder()
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), **GATES)  # type: ignore[arg-type]
    with Home.open(small_home, encoder.name) as home:
        ids = tuple(home.catalogue.videos.ids())
        reloader = context_over(home, config, encoder, scripted_model([-0.1, -3.0])).engine.reloader
        before, generation = reloader.recommender(), reloader.generation()
        tower = train_svd(acts_of([ids[:3]] * 5, ids), seed=0, d=2)
        receipt = {"towers": ["svd"], "ranker": None, "weights": {}}
        versions.write_version(home.path, versions.Trained("mine", {"svd": tower}), receipt)
        assert reloader.recommender() is before
        versions.promote(home.path, "mine", "test")
        assert reloader.snapshot().trained.version == "mine"
        assert reloader.generation() == generation + 1
        assert before.snapshot.trained.version == NO_MODELS  # requests that had begun
        assert versions.rollback(home.path) == NO_MODELS
        assert reloader.snapshot().trained.version == NO_MODELS
