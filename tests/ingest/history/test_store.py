"""Storing a history: what a home has afterwards, again, after an interruption, and after undoing it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shortlist.core.config_sections.ingest import IngestConfig
from shortlist.core.types import Event, Reader, Video
from shortlist.ingest.history.acts import VERBS, Act, Channel
from shortlist.ingest.history.read import History, read_history
from shortlist.ingest.history.store import Imported, store_history
from shortlist.store.home import Home
from tests.ingest.history.takeout_exports import watched

Store = Callable[..., Imported]
START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(home: Home, encoder: Any, config: IngestConfig) -> Store:
    def run(history: History, user_id: str = "me", config: IngestConfig = config, progress: Any = None) -> Imported:
        return store_history(home, history, user_id, lambda: encoder, config, progress or (lambda *_: None))

    return run


def content_of(home: Home) -> str:
    """All that an import may change."""
    catalogue = home.catalogue
    return json.dumps(
        {
            "readers": list(catalogue.readers.ids()),
            "events": [repr(event) for _, event in catalogue.events.iterate()],
            "articles": [repr(article) for _, article in catalogue.articles.iterate()],
            "imports": [batch.document for batch in catalogue.imports.all()],
        }
    )


def history(*acts: Act) -> History:
    return History(("test",), list(acts), {Channel("Orbit", "https://example.org/orbit"): None})


def act(number: int, verb: Any = "watch", **fields: Any) -> Act:
    url = f"https://www.youtube.com/watch?v=video{number:06}"
    return Act(verb, START + timedelta(hours=number), url, f"A rocket to the moon {number}", "Orbit", **fields)


def test_watches_become_events_and_records_that_are_not_recommended(home: Home, store: Store) -> None:
    done = store(history(act(2, seconds=20.0), act(1, "save")))
    assert (done.new, done.known, done.titles) == (2, 0, 2)
    events = [event for _, event in home.catalogue.events.iterate()]
    assert [(event.action, event.kind, event.dwell_s) for event in events] == [
        ("save", "video", None),
        ("view", "video", 20.0),
    ]
    assert home.catalogue.content_counts().videos == 0
    article = next(iter(home.catalogue.articles.get_many([events[0].item_id]).values()))
    assert (article.title, article.category) == ("A rocket to the moon 1", "Sci/Tech")
    assert dict(article.metadata)["channel"] == "Orbit"
    assert dict(article.metadata)["body_made_by"] == "title"


def test_the_same_again_adds_nothing_and_a_newer_export_the_difference(home: Home, store: Store) -> None:
    store(history(act(1)))
    before = home.catalogue.events.last_number()
    again = store(history(act(1)))
    assert (again.new, again.known, again.titles) == (0, 1, 0)
    assert home.catalogue.events.last_number() == before
    assert (store(history(act(2), act(1))).new) == 1


def test_a_video_of_the_home_is_not_stored_as_a_title(home: Home, store: Store) -> None:
    known = act(1)
    with home.writing("test"):
        home.catalogue.videos.put([Video(known.item_id, "A rocket to the moon")])
    assert store(history(known)).titles == 0


def test_only_the_newest_titles_are_stored(home: Home, store: Store) -> None:
    done = store(history(*(act(number) for number in range(9, 0, -1))), config=IngestConfig(import_titles=3))
    assert (done.new, done.titles) == (9, 3)


def test_an_interrupted_import_is_completed_by_the_same_call(home: Home, store: Store) -> None:
    def interrupt(stage: str, _done: int) -> None:
        raise KeyboardInterrupt(stage)

    with pytest.raises(KeyboardInterrupt):
        store(history(act(1)), progress=interrupt)
    assert [batch.done for batch in home.catalogue.imports.all()] == [None]
    done = store(history(act(1)))
    assert [batch.done is not None for batch in home.catalogue.imports.all()] == [True]
    assert done.titles == 1


ACTS = st.lists(
    st.builds(act, st.integers(1, 12), st.sampled_from(list(VERBS)), text=st.sampled_from(["", "Bread in an oven"])),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=ACTS, second=ACTS, kept=st.booleans())
def test_undo_brings_back_what_was(
    first: list[Act], second: list[Act], kept: bool, tmp_path_factory: Any, encoder: Any, config: IngestConfig
) -> None:
    with Home.open(tmp_path_factory.mktemp("home") / "home", encoder.name) as home:

        def run(acts: list[Act]) -> Imported:
            return store_history(home, history(*acts), "me", lambda: encoder, config, lambda *_: None)

        if kept:
            with home.writing("test"):
                home.catalogue.readers.put([Reader("me", START)])
            home.catalogue.events.add([Event("me", act(3).item_id, "video", "like", START)])
        states = [content_of(home)]
        batches = [run(first).batch]
        states.append(content_of(home))
        batches.append(run(second).batch)
        for batch, state in zip(reversed(batches), reversed(states), strict=True):
            with home.writing("undoing an import"):
                home.catalogue.imports.undo(batch)
            assert content_of(home) == state


def test_a_later_import_keeps_what_it_uses(home: Home, store: Store) -> None:
    first = store(history(act(1), act(2))).batch
    second = store(history(act(2, "like"))).batch
    with home.writing("undoing an import"):
        assert home.catalogue.imports.undo(first) == (2, 1)
        assert home.catalogue.articles.ids() == [act(2).item_id]
        assert home.catalogue.imports.undo(home.catalogue.imports.get(second.id)) == (1, 1)
    assert (list(home.catalogue.readers.ids()), home.catalogue.articles.ids()) == ([], [])


def test_a_takeout_is_stored(text_file: Callable[[str, str], Path], home: Home, store: Store) -> None:
    path = text_file("watch.json", json.dumps([watched(number) for number in range(30)]))
    assert store(read_history([str(path)])).new == 30
    assert [batch.content["counts"] for batch in home.catalogue.imports.all()] == [{"watches": 30}]
