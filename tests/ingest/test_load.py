"""Loading into a real home: nothing is lost, doubled or changed without cause."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import random
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.config_sections.ingest import IngestConfig
from shortlist.core.errors import HomeLocked, RecordError, UsageError
from shortlist.core.notes import Note
from shortlist.core.types import Attributed, Enrichment
from shortlist.ingest.load import IngestResult, load_articles, load_events, load_readers, load_videos
from shortlist.ingest.tables.rows import ColumnOptions
from shortlist.store.home import Home
from shortlist.store.outbox import pending

SAMPLE = Path(__file__).parents[2] / "sample"
Jsonl = Callable[..., Path]


def counts(loaded: IngestResult) -> tuple[int, int, int]:
    return loaded.new, loaded.changed, loaded.unchanged


def clip(number: int, **values: Any) -> dict[str, Any]:
    return {
        "id": f"v{number}",
        "title": f"Clip {number}",
        "transcript": "The oven is hot. Bake the bread now.",
        **values,
    }


def test_the_sample_loads_and_loads_again_without_a_change(home: Home, encoder: Any, config: IngestConfig) -> None:
    def load_all() -> list[tuple[int, int, int]]:
        loaded = [
            load_videos(home, SAMPLE / "videos.jsonl", lambda: encoder, config),
            load_articles(home, SAMPLE / "articles.csv", lambda: encoder, config),
            load_readers(home, SAMPLE / "readers.jsonl", config),
            load_events(home, SAMPLE / "events.csv", config),
        ]
        assert not any(one.failures or one.notes for one in loaded)
        return [counts(one) for one in loaded]

    first = load_all()
    assert first[:3] == [(66, 0, 0), (120, 0, 0), (12, 0, 0)]
    revision, encoded = home.catalogue.revision(), encoder.encoded
    assert load_all() == [(0, 0, new) for new, _, _ in first]
    assert (home.catalogue.revision(), encoder.encoded) == (revision, encoded)
    assert pending(home) == 0
    assert home.catalogue.counts().events_unknown_item == 0
    assert len(home.catalogue.events.newest(["user_400"], 1000)["user_400"]) == 400


def test_bad_rows_are_listed_and_the_rest_is_stored(
    home: Home, encoder: Any, config: IngestConfig, tmp_path: Path
) -> None:
    lines = [json.dumps(clip(1)), json.dumps(clip(2))[:20], json.dumps(clip(3, title="")), json.dumps(clip(4))]
    source = tmp_path / "t.jsonl"
    source.write_text("\n".join(lines))
    done: Counter[str] = Counter()
    loaded = load_videos(home, source, lambda: encoder, config, lambda stage, n: done.update({stage: n}))
    assert counts(loaded) == (2, 0, 0)
    assert [failure.where for failure in loaded.failures] == [f"{source}:2", f"{source}:3"]
    assert "'v3': video without a title" in loaded.failures[1].reason
    assert done == {"read": 4, "store": 4, "encode": 2}


def test_a_bad_optional_field_costs_the_field(home: Home, encoder: Any, config: IngestConfig, jsonl: Jsonl) -> None:
    row = clip(1, duration="soon", published="11/10/2026", tags=["moon"])
    loaded = load_videos(home, jsonl(row), lambda: encoder, config)
    assert counts(loaded) == (1, 0, 0)
    assert loaded.failures == ()
    assert ["bad duration" in field.reason for field in loaded.fields] == [True, False]
    assert "'11/10/2026'" in loaded.fields[1].reason
    video = home.catalogue.videos.get("v1")
    assert video is not None
    assert (video.duration_s, video.published, video.enrichment.tags) == (None, None, ("moon",))


def test_a_video_without_an_id_is_recognised_again(
    home: Home, encoder: Any, config: IngestConfig, jsonl: Jsonl
) -> None:
    linked = {"title": "Moon", "url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ"}
    bare = {"title": "Bread", "transcript": "Knead it."}
    assert counts(load_videos(home, jsonl(linked, bare), lambda: encoder, config)) == (2, 0, 0)
    again = [linked | {"url": "https://youtu.be/dQw4w9WgXcQ?t=3"}, bare]
    assert counts(load_videos(home, jsonl(*again), lambda: encoder, config)) == (0, 1, 1)
    assert home.catalogue.videos.get("youtube:dQw4w9WgXcQ") is not None


def test_a_constant_is_in_every_row(home: Home, config: IngestConfig, tmp_path: Path) -> None:
    source = tmp_path / "watched.csv"
    source.write_text("video,when,user_id\nv1,2026-11-27T08:00:00Z,bob\nv2,2026-11-28T08:00:00Z,bob\n")
    mapping, constants = {"item_id": "video", "at": "when"}, {"user_id": "me", "kind": "video", "action": "view"}
    assert counts(load_events(home, source, config, options=ColumnOptions(mapping, constants))) == (2, 0, 0)
    assert [event.action for event in home.catalogue.events.newest(["me"], 9)["me"]] == ["view", "view"]
    with pytest.raises(UsageError, match="missing column action"):
        load_events(home, source, config, options=ColumnOptions(mapping, {"kind": "video"}))


def test_columns_are_mapped(home: Home, encoder: Any, config: IngestConfig, tmp_path: Path) -> None:
    source = tmp_path / "export.csv"
    source.write_text("title;Video Title;Date\nX7;A Moon Landing;24.11.2026\n")
    mapping = {"title": "video title", "published": "Date"}
    assert counts(load_videos(home, source, lambda: encoder, config, options=ColumnOptions(mapping))) == (1, 0, 0)
    (item_id,) = home.catalogue.videos.ids()
    video = home.catalogue.videos.get(item_id)
    assert video is not None
    assert (video.title, video.published) == ("A Moon Landing", datetime(2026, 11, 24, tzinfo=UTC))
    assert video.metadata == {"title (not mapped)": "X7"}
    with pytest.raises(UsageError, match=r"no column 'Headline' to map: .* found title, Video Title, Date"):
        load_videos(home, source, lambda: encoder, config, options=ColumnOptions({"title": "Headline"}))
    with pytest.raises(UsageError, match="unknown column 'titel': expected one of title, id"):
        load_videos(home, source, lambda: encoder, config, options=ColumnOptions({"titel": "Video Title"}))


def test_the_last_of_two_texts_wins_and_is_reported(home: Home, encoder: Any, jsonl: Jsonl) -> None:
    source = jsonl(clip(1), clip(2), clip(2), clip(1, title="Newer"), clip(3))
    for _ in range(2):  # also when the two are in different batches, and when it is done again
        loaded = load_videos(home, source, lambda: encoder, IngestConfig(batch=2))
        assert home.catalogue.videos.get("v1").title == "Newer"
        assert loaded.notes == (
            Note("repeated-ids", "rows that repeat an id: 2; the last row of each id was stored"),
            Note("conflicting-texts", "ids with different texts: 1", f"v1 (last at {source}:4)"),
        )
        assert loaded.left_out == 2
    assert counts(loaded) == (0, 0, 3)


def test_a_changed_video_is_changed_and_enriched_again(
    home: Home, encoder: Any, config: IngestConfig, jsonl: Jsonl
) -> None:
    load_videos(home, jsonl(clip(1), clip(2)), lambda: encoder, config)
    changed = clip(1, transcript="The goal keeper saved the penalty of the match.")
    assert counts(load_videos(home, jsonl(changed, clip(2)), lambda: encoder, config)) == (0, 1, 1)
    video = home.catalogue.videos.get("v1")
    assert (video.category, video.summary) == ("Sports", "The goal keeper saved the penalty of the match.")


def test_what_is_missing_is_made_and_signed(home: Home, encoder: Any, config: IngestConfig, jsonl: Jsonl) -> None:
    load_videos(home, jsonl(clip(1), clip(2, category="Home", summary="S")), lambda: encoder, config)
    made, given = home.catalogue.videos.get("v1").enrichment, home.catalogue.videos.get("v2").enrichment
    assert made.category == Attributed("Food", "zero-shot:words")
    assert made.summary is not None
    assert made.summary.made_by == "extractive"
    assert (given.category, given.summary) == (Attributed("Home", "given"), Attributed("S", "given"))


def test_what_a_model_made_survives_the_next_ingest(
    home: Home, encoder: Any, config: IngestConfig, jsonl: Jsonl
) -> None:
    from dataclasses import replace

    source = jsonl(clip(1))
    load_videos(home, source, lambda: encoder, config)
    better = Enrichment(
        Attributed("By a model", "qwen/summary@1"), Attributed("Arts", "qwen/category@1"), ("a",), "qwen/tags@1"
    )
    with home.writing():
        home.catalogue.videos.put([replace(home.catalogue.videos.get("v1"), enrichment=better)])
    assert counts(load_videos(home, source, lambda: encoder, config)) == (0, 0, 1)
    assert home.catalogue.videos.get("v1").enrichment == better


def test_a_source_without_missing_parts_needs_no_encoder_twice(
    home: Home, encoder: Any, config: IngestConfig, jsonl: Jsonl
) -> None:
    def none() -> Any:
        raise AssertionError("the encoder was loaded")

    source = jsonl(clip(1))
    load_videos(home, source, lambda: encoder, config)
    assert counts(load_videos(home, source, none, config)) == (0, 0, 1)


def test_a_damaged_archive_stores_nothing(home: Home, encoder: Any, config: IngestConfig, jsonl: Jsonl) -> None:
    source = jsonl(*(clip(i) for i in range(1000)), name="t.jsonl.gz")
    source.write_bytes(source.read_bytes()[:-9])
    with pytest.raises(RecordError, match="damaged archive"):
        load_videos(home, source, lambda: encoder, config)
    assert home.catalogue.counts().videos == 0
    with pytest.raises(UsageError, match="no such file"):
        load_articles(home, "nowhere.csv", lambda: encoder, config)


def test_events_of_unknown_items_are_kept_and_counted(home: Home, config: IngestConfig, jsonl: Jsonl) -> None:
    row = {"user_id": "u", "item_id": "gone", "kind": "video", "action": "view", "at": "2026-11-20T12:00:00Z"}
    loaded = load_events(home, jsonl(row, row, row | {"at": "2026-11-20T12:00:00"}), config)
    assert counts(loaded) == (1, 0, 1)
    assert "'u': bad event time: expected a time with a zone" in loaded.failures[0].reason
    assert home.catalogue.counts().events_unknown_item == 1


def test_an_event_in_the_future_fails_alone(home: Home, config: IngestConfig, jsonl: Jsonl) -> None:
    row = {"user_id": "u", "item_id": "v", "kind": "video", "action": "view", "at": "2026-11-20T12:00:00Z"}
    loaded = load_events(home, jsonl(row, row | {"at": "9999-12-31T00:00:00Z"}), config)
    assert counts(loaded) == (1, 0, 0)
    assert "'u': event in the future: expected 20" in loaded.failures[0].reason
    assert "correct `at`" in loaded.failures[0].reason


def test_events_of_two_files_that_both_count_from_one_are_reported(
    home: Home, config: IngestConfig, jsonl: Jsonl
) -> None:
    def month(number: int, user: str) -> Path:
        row = {"user_id": user, "item_id": "v", "kind": "video", "action": "view", "at": f"2026-0{number}-20T12:00:00Z"}
        return jsonl(*(row | {"event_id": at} for at in range(1, 8)), name=f"{number}.jsonl")

    assert load_events(home, month(1, "ann"), config).notes == ()
    loaded = load_events(home, month(2, "ann"), config)
    assert (counts(loaded), loaded.failures) == ((0, 0, 0), ())
    assert [note.code for note in loaded.notes] == ["event-id-taken"]
    assert "7 (1, 2, 3, 4, 5 and 2 more)" in loaded.notes[0].public
    assert loaded.left_out == 7
    assert counts(load_events(home, month(2, "bob"), config)) == (7, 0, 0)


def _hold(path: Path, ready: Any, done: Any) -> None:
    with Home.open(path) as home, home.writing():
        ready.set()
        done.wait(30)


def test_content_is_refused_and_events_go_on_while_another_process_writes(
    home: Home, encoder: Any, config: IngestConfig, jsonl: Jsonl
) -> None:
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(home.path, ready, done))
    other.start()
    try:
        assert ready.wait(60)
        with pytest.raises(HomeLocked):
            load_videos(home, jsonl(clip(1)), lambda: encoder, config)
        event = {"user_id": "u", "item_id": "v1", "kind": "video", "action": "view", "at": 1795176000}
        assert counts(load_events(home, jsonl(event), config)) == (1, 0, 0)
        assert counts(load_readers(home, jsonl({"user_id": "w"}), config)) == (1, 0, 0)
    finally:
        done.set()
        other.join()


def test_thousands_of_events_load_in_flat_memory(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "events.csv"
    with source.open("w") as file:
        file.write("user_id,item_id,kind,action,at,dwell_s\n")
        file.writelines(f"u{i % 50},v{i},video,view,{1795000000 + i},9.5\n" for i in range(4000))
    config = IngestConfig(batch=100)
    tracemalloc.start()
    loaded = load_events(home, source, config)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert loaded.new == 4000
    assert peak < 4_000_000


def test_an_archive_that_is_cut_off_tells_what_was_stored(home: Home, config: IngestConfig, tmp_path: Path) -> None:
    chance = random.Random(0)
    row = {"user_id": "ann", "kind": "video", "action": "view", "at": "2026-11-20T12:00:00Z"}
    many = "".join(json.dumps({**row, "item_id": f"v{chance.random()}"}) + "\n" for _ in range(2000))
    source = tmp_path / "events.jsonl.gz"
    source.write_bytes(gzip.compress(many.encode())[:-2000])
    with pytest.raises(
        UsageError, match=r"copy the file again; [\d,]+ new records before the error are stored"
    ) as caught:
        load_events(home, source, config)
    assert f"{home.catalogue.counts().events:,} new records" in str(caught.value)
