"""The sample is whole: its parts name each other rightly, and its events can be made again."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "sample"


def video_ids() -> set[str]:
    return {json.loads(line)["id"] for line in (SAMPLE / "videos.jsonl").read_text().splitlines()}


def reader_ids() -> set[str]:
    return {json.loads(line)["user_id"] for line in (SAMPLE / "readers.jsonl").read_text().splitlines()}


def test_events_are_made_again_byte_by_byte(tmp_path: Path) -> None:
    for name in ("make_events.py", "habits.toml", "videos.jsonl", "articles.csv"):
        shutil.copy(SAMPLE / name, tmp_path)
    subprocess.run([sys.executable, tmp_path / "make_events.py"], check=True, capture_output=True)
    assert (tmp_path / "events.csv").read_bytes() == (SAMPLE / "events.csv").read_bytes()


def test_readers_are_as_the_readme_says() -> None:
    with (SAMPLE / "events.csv").open() as file:
        events = list(csv.DictReader(file))
    n_events = Counter(event["user_id"] for event in events)
    assert len(reader_ids()) == 12
    assert reader_ids() - n_events.keys() == {"user_new"}
    assert n_events["user_400"] == 400
    assert max(event["at"] for event in events).startswith("2026-11-20")
    assert min(event["at"] for event in events) >= "2026-10-01"


def test_nobody_has_seen_what_is_kept_for_them() -> None:
    habits = tomllib.loads((SAMPLE / "habits.toml").read_text())
    assert reader_ids() - habits.keys() == {"user_new"}
    with (SAMPLE / "events.csv").open() as file:
        touched = {(event["user_id"], event["item_id"]) for event in csv.DictReader(file)}
    for user_id, own in habits.items():
        assert set(own["unseen"]) <= video_ids()
        assert not touched & {(user_id, item_id) for item_id in own["unseen"]}


def test_judgements_are_of_known_wishes_and_videos() -> None:
    wishes = dict(line.split("\t") for line in (SAMPLE / "queries.tsv").read_text().splitlines())
    judged = [line.split() for line in (SAMPLE / "qrels.txt").read_text().splitlines()]
    assert {wish for wish, _, _, _ in judged} == set(wishes)
    assert {video_id for _, _, video_id, _ in judged} <= video_ids()
    assert {grade for _, _, _, grade in judged} == {"1", "2"}
    assert len(wishes) == 20
