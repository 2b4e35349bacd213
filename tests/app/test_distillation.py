"""A student from the first wish to the version in use, with a language model that answers at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlist.app.distillation import distil
from shortlist.core.config import Config, EncoderConfig, RerankConfig
from shortlist.core.progress import no_bars
from shortlist.core.ranking import Request
from shortlist.core.types import Reader, Video
from shortlist.engine.build import open_home, open_recommender
from shortlist.learning.student import versions
from shortlist.models.encoders.loader import load_encoder
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.embed import embed
from tests.learning.test_student import Teacher

SUBJECTS = ("bees", "volcanoes", "night trains", "sourdough", "the Moon", "jazz", "glaciers", "bridges")


@pytest.mark.slow
def test_a_home_gets_a_student_and_uses_it_once_promoted(tmp_path: Path) -> None:
    config = Config(home=tmp_path / "home", encoder=EncoderConfig(threads=1), rerank=RerankConfig(depth=8))
    said: list[str] = []
    with open_home(config, create=True) as home:
        with home.writing():
            home.catalogue.videos.put(
                Video(f"v{n}", f"{subject} {n}", description=f"Part {n} of a series about {subject}.")
                for n, subject in enumerate(SUBJECTS * 4)
            )
            embed(home, 0, lambda: load_encoder(config.encoder, config.models))
        load_snapshot(home)
        made = distil(home, config, 0.002, ["how do bees dance"], no_bars, gate=True, say=said.append, model=Teacher)
        assert made["teacher"] == Teacher.name
        assert [row["name"] for row in made["gate"]["rows"]] == ["none", "student", "teacher"]
        assert any("a list of" in line for line in said)
        versions.promote(home.path, made["version"], "test")
        home.catalogue.readers.put([Reader("ann")])
        recommender = open_recommender(home, config, model=lambda: pytest.fail("the language model was loaded"))
        answer = recommender.recommend(Request("ann", 3, "bees"))
        assert {one.video.display_title.split()[0] for one in answer.recommendations} == {"bees"}
        assert all("rerank" in one.stages for one in answer.recommendations)
