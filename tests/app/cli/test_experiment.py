"""An experiment from its start to the promotion, and the judgement of a variant by the log, on the command line."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from shortlist.core.config import Config
from shortlist.core.json_documents import answer_document
from shortlist.core.ranking import Request
from shortlist.core.types import Event
from shortlist.engine.build import open_exposure_log, open_home, open_live_recommender, open_recommender

Command = Callable[..., Any]

TUNED = """
[retrieval.weights]
popular = 1.0

[tuned]
keys = ["retrieval.weights"]
"""
OWN = """# Ours.
[retrieval]
depth = 100  # enough

[rerank]
weight_wish = 0.0
"""


@pytest.fixture
def home(small_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small_home, tmp_path / "home")


@pytest.fixture
def shortlist(here: Command, hashed: Any, home: Path) -> Command:
    return lambda *words: here(*words, home=home)


def prints(done: Any, code: int, *words: str) -> None:
    """The exit code, and words of the output."""
    assert done.returncode == code, done.stderr
    assert all(word in done.stdout for word in words), done.stdout


def choose(shortlist: Command, tmp_path: Path, variant: str) -> None:
    """Ask for a list, and click on the first video of a variant."""
    answer = shortlist("recommend", "ann", "-k", "6", "--rerank", "none", "--json").document
    item = next(one for one in answer["recommendations"] if one["variant"] == variant)
    event = {
        "user_id": "ann", "item_id": item["video_id"], "kind": "video", "action": "click",
        "at": datetime.now(UTC).isoformat(), "request_id": answer["request_id"], "variant": variant,
    }  # fmt: skip
    (tmp_path / "events.jsonl").write_text(json.dumps(event) + "\n")
    shortlist("ingest", "events", str(tmp_path / "events.jsonl"))


def test_from_the_start_to_the_promotion(shortlist: Command, tmp_path: Path) -> None:
    tuned, own = tmp_path / "tuned.toml", tmp_path / "own.toml"
    tuned.write_text(TUNED)
    own.write_text(OWN)
    shortlist("ops", "experiment", "status").says(2, "no such experiment")
    prints(shortlist("ops", "experiment", "start", "weights", "--b", str(tuned)), 0, "A (default)", "B (tuned)")
    shortlist("ops", "experiment", "start", "again", "--b", "dense").says(2, "in progress", "weights")
    choose(shortlist, tmp_path, "b")
    status = shortlist("ops", "experiment", "status", "--json").document
    assert (status["won"], status["sessions"], status["winner"]) == ({"a": 0, "b": 1, "tied": 0}, 1, None)
    prints(shortlist("ops", "experiment", "status"), 0, "B leads 1 to 0", "too few sessions for a forecast")
    shortlist("ops", "experiment", "promote").says(2, "no variant has won yet")
    prints(shortlist("ops", "experiment", "promote", "--variant", "b", "--out", str(own)), 0, "retrieval.weights")
    written = own.read_text()
    assert written.startswith("# Ours.\n[retrieval]\ndepth = 100  # enough\n")
    assert tomllib.loads(written)["retrieval"] == {"depth": 100, "weights": {"popular": 1.0}}
    prints(shortlist("ops", "experiment", "list"), 0, "default against tuned", "promoted b")
    shortlist("ops", "experiment", "stop").says(2, "no experiment is in progress")
    plain = shortlist("recommend", "ann", "--rerank", "none", "--json").document
    assert (plain["experiment"], plain["recommendations"][0]["variant"]) == (None, None)


def test_readers_can_be_split(shortlist: Command, tmp_path: Path) -> None:
    started = shortlist("ops", "experiment", "start", "mail", "--b", "popular", "--split")
    prints(started, 0, "each reader has the lists of A (default) or B (popular)")
    answer = shortlist("recommend", "ann", "-k", "6", "--rerank", "none", "--json").document
    assert len({one["variant"] for one in answer["recommendations"]}) == 1
    prints(
        shortlist("ops", "experiment", "status"),
        0,
        "1 list for 1 reader",
        "the test begins with 20 readers on each side",
    )
    prints(shortlist("ops", "experiment", "list"), 0, "default against popular, split")


def test_variants_that_need_another_home_are_refused(shortlist: Command, tmp_path: Path) -> None:
    shortlist("ops", "experiment", "start", "x", "--b", "nothing").says(2, "unknown variant")
    shortlist("ops", "experiment", "start", "x", "--b", "peer-rank-bm25").says(2)
    more = tmp_path / "more.toml"
    more.write_text("[llm]\nthreads = 1\n")
    shortlist("ops", "experiment", "start", "x", "--b", str(more)).says(2, "llm")
    prints(shortlist("ops", "experiment", "list"), 0, "no experiments")


def test_a_log_that_cannot_tell_is_refused(shortlist: Command) -> None:
    shortlist("eval", "offline", "--variant", "popular").says(2, "log of exposures is empty")
    for _ in range(2):
        shortlist("recommend", "ann", "--rerank", "none")
    prints(shortlist("eval", "offline", "--variant", "popular"), 1, "the log has 2 lists")


def is_liked(video_id: str) -> bool:
    """Whether readers choose the video wherever they see it."""
    return int(video_id[1:]) % 2 == 0


@pytest.mark.integration
def test_a_variant_is_judged_by_what_readers_chose_from_explored_lists(
    shortlist: Command, home: Path, tmp_path: Path
) -> None:
    own, tuned = tmp_path / "own.toml", tmp_path / "tuned.toml"
    own.write_text('[exposures]\nexplore = 0.6\n[retrieval]\nfusion = "weighted"\nweights = { dense = 1.0 }\n')
    tuned.write_text("[profile]\nhalf_life_days = 8.0\n")
    sections = tomllib.loads(own.read_text()) | {"home": home, "encoder": {"name": "hash-32"}}
    config = Config.model_validate(sections)
    other = Config.model_validate(sections | tomllib.loads(tuned.read_text()))
    users = [f"reader-{at}" for at in range(120)]
    with open_home(config) as store:
        rng, begun = Random(4), datetime.now(UTC) - timedelta(days=9)
        store.catalogue.events.add(
            [
                Event(user, video, "video", "view", begun + timedelta(days=3 * at), 40.0)
                for user in users
                for at, video in enumerate(rng.sample(store.catalogue.videos.ids(), 3))
            ]
        )
        live, theirs = open_live_recommender(store, config), open_recommender(store, other)
        truth, clicks = 0, []
        with open_exposure_log(store, config) as log:
            for user in users:
                request = Request(user, 4, rerank="none")
                truth += sum(is_liked(item.video.id) for item in theirs.recommend(request).recommendations)
                document = answer_document(live.recommend(request))
                request_id = log.record(request, document)
                shown = [item["video_id"] for item in document["recommendations"]]
                click = partial(Event, kind="video", action="click", at=datetime.now(UTC), request_id=request_id)
                clicks += [click(user, one) for one in shown if is_liked(one)]
        store.catalogue.events.add(clicks)
    done = shortlist("eval", "offline", "--variant", str(tuned), "--config", str(own), "--json")
    assert done.returncode == 0, done.stderr
    assert (done.document["refused"], done.document["lists"]) == (None, 120)
    assert done.document["logged"]["value"] != pytest.approx(truth / 120)
    for name, one in done.document["estimates"].items():
        assert one["low"] < truth / 120 < one["high"], name
    prints(shortlist("eval", "offline", "--variant", str(tuned), "--config", str(own)), 0, "doubly robust")
