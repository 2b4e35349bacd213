"""A variant over a task: right answers, cached answers, and the cost of a kill."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.core.config import Config, EncoderConfig
from shortlist.core.errors import ConfigError, ModelMissing, RecordError
from shortlist.eval.data.specs import load
from shortlist.eval.factories import Factories
from shortlist.eval.hashes import weights_hash
from shortlist.eval.metrics.scores import score
from shortlist.eval.run import run_variant
from shortlist.eval.tasks.from_files import task_of
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant

YESNO = Variant(name="default+yesno", method="yesno", rerank={"depth": 2})


@pytest.fixture(scope="module")
def beir(data_folders: dict[str, Path]) -> Task:
    return task_of(load(f"beir:{data_folders['beir']}"))


@pytest.fixture(scope="module")
def watches(data_folders: dict[str, Path]) -> Task:
    return task_of(load(f"watches:{data_folders['watches']}"))


def test_every_query_is_ranked_by_the_recommender(beir: Task, config: Config, factories: Factories) -> None:
    finished = run_variant(beir, Variant(name="default"), config, factories)
    assert list(finished.run.rankings) == [query.id for query in beir.data.queries]
    assert np.mean(score(beir.data, finished.run.rankings)["nDCG@10"]) > 0.9
    assert set(finished.cost.stage_ms) >= {"profile", "query", "retrieve", "rerank"}
    assert all(ms.shape == (len(beir.data.queries),) for ms in finished.cost.stage_ms.values())
    assert (finished.cost.use.calls, finished.run.failed) == (0, {})


@pytest.mark.parametrize("variant", [Variant(name="default"), Variant(name="rank-bm25", peer="rank-bm25")])
def test_a_query_that_is_a_document_does_not_find_itself(
    variant: Variant, data_folders: dict[str, Path], tmp_path: Path, config: Config, factories: Factories
) -> None:
    folder = shutil.copytree(data_folders["beir"], tmp_path / "own")
    first = (folder / "corpus.jsonl").read_text().splitlines()[0]
    document = json.loads(first)
    (folder / "queries.jsonl").write_text(json.dumps({"_id": document["_id"], "text": document["title"]}) + "\n")
    other = json.loads((folder / "corpus.jsonl").read_text().splitlines()[1])["_id"]
    (folder / "qrels" / "test.tsv").write_text(f"{document['_id']}\t{other}\t1\n")
    task = task_of(load(f"beir:{folder}"))
    ranking = run_variant(task, variant, config, factories).run.rankings[document["_id"]]
    assert ranking.ids
    assert document["_id"] not in ranking.ids


def test_an_encoder_that_was_trained_again_has_another_hash(tmp_path: Path, config: Config) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"first")
    own = config.model_copy(update={"encoder": EncoderConfig(name=str(tmp_path))})
    before = weights_hash(own, "none")
    assert weights_hash(own, "none") == before
    weights.write_bytes(b"second")
    assert weights_hash(own, "none") != before


def test_seen_items_are_never_ranked_and_candidates_are_all_ranked(
    watches: Task, config: Config, factories: Factories
) -> None:
    finished = run_variant(watches, Variant(name="default"), config, factories)
    for query in watches.data.queries:
        ids = finished.run.rankings[query.id].ids
        assert not set(ids) & set(query.history)
        assert len(ids) == len(watches.data.items) - len(set(query.history))


def test_a_finished_run_is_read_and_not_run_again(
    beir: Task, config: Config, factories: Factories, make_factories: Callable[..., Factories]
) -> None:
    first = run_variant(beir, Variant(name="bm25", alone="bm25"), config, factories)

    def broken(*_: Any) -> Any:
        raise AssertionError("nothing may be built")

    again = run_variant(beir, Variant(name="bm25", alone="bm25"), config, Factories(broken, broken, broken))
    for query, ranking in first.run.rankings.items():
        assert again.run.rankings[query].ids == ranking.ids
        assert again.run.rankings[query].scores.tolist() == ranking.scores.tolist()
    assert again.cost.wall_s == first.cost.wall_s


def test_other_settings_data_or_queries_are_other_runs(
    beir: Task, watches: Task, config: Config, factories: Factories
) -> None:
    base = Variant(name="v")
    runs = {
        tuple(run_variant(task, variant, config, factories).hashes.values())
        for task, variant in (
            (beir, base), (beir.sampled(3, 0), base), (watches, base), (beir, Variant(name="v", retrieval={"b": 0.5})),
            (beir, Variant(name="v", enrichment=())),
        )
    }  # fmt: skip
    assert len(runs) == 5


CHILD = """
import importlib.util, sys
from shortlist.eval.data.specs import load
from shortlist.eval.hashes import weights_hash
from shortlist.eval.run import run_variant
from shortlist.eval.tasks.from_files import task_of
from shortlist.eval.variants import Variant
from pathlib import Path
from shortlist.core.config import Config, EncoderConfig

spec = importlib.util.spec_from_file_location("fixtures", sys.argv[1])
fixtures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fixtures)

def stop(label, total):
    def done(queries):
        print(queries, flush=True)
        sys.stdin.read()
    return (lambda queries: None) if "ingesting" in label else done

config = Config.model_validate({"encoder": {"name": "topics"}, "eval": {"cache": Path(sys.argv[3])}})
variant = Variant(name="default+yesno", method="yesno", rerank={"depth": 2})
factories = fixtures.factories_of(fixtures.TopicEncoder(), fixtures.LengthModel)
run_variant(task_of(load(sys.argv[2])), variant, config, factories, stop)
"""


def killed_after_its_first_batch(spec: str, cache: Path) -> None:
    here = Path(__file__)
    command = [sys.executable, "-c", CHILD, str(here.with_name("conftest.py")), spec, str(cache)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=here.parents[2], text=True, **pipes) as child:  # type: ignore[call-overload]
        assert child.stdout.readline() == "4\n"
        child.kill()


@pytest.mark.servers
def test_kill_9_loses_one_batch_at_most(
    tmp_path: Path,
    data_folders: dict[str, Path],
    make_config: Callable[[Path], Config],
    make_factories: Callable[..., Factories],
    length_model: Any,
) -> None:
    spec, done = f"beir:{data_folders['beir']}", list[int]()
    killed_after_its_first_batch(spec, tmp_path / "cache")
    task = task_of(load(spec))
    resumed = run_variant(
        task, YESNO, make_config(tmp_path / "cache"), make_factories(lambda: length_model), lambda *_: done.append
    )
    assert (len(task.data.queries), done) == (12, [4, 4, 4])
    assert length_model.calls == (12 - 4) * 2
    whole = run_variant(task, YESNO, make_config(tmp_path / "other"), make_factories(lambda: length_model))
    for query, ranking in whole.run.rankings.items():
        assert resumed.run.rankings[query].ids == ranking.ids
        assert resumed.run.rankings[query].scores.tolist() == ranking.scores.tolist()
    assert (resumed.cost.use.calls, resumed.cost.use.prompt_tokens, resumed.cost.use.output_tokens) == (24, 240, 24)


def test_a_broken_batch_file_runs_again(
    beir: Task, tmp_path: Path, make_config: Callable[[Path], Config], factories: Factories
) -> None:
    config = make_config(tmp_path)
    first = run_variant(beir, Variant(name="x"), config, factories)
    [file] = tmp_path.glob("runs/*/*/batch-*")
    file.write_bytes(file.read_bytes()[:100])
    again = run_variant(beir, Variant(name="x"), config, factories)
    assert again.run.rankings.keys() == first.run.rankings.keys()


def test_a_query_that_cannot_be_answered_is_listed_as_failed(beir: Task, config: Config, factories: Factories) -> None:
    bad = beir.data.queries[2].id

    class Picky:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def rank_many(self, requests: Any) -> Any:
            if any(request.user_id == bad for request in requests):
                raise RecordError("bad query", expected="another", found="this", remedy="none")
            return self.inner.rank_many(requests)

    picky = Factories(factories.encoder, lambda *given: Picky(factories.recommender(*given)), factories.home)  # type: ignore[arg-type,return-value]
    finished = run_variant(beir, Variant(name="picky"), config, picky)
    assert list(finished.run.failed) == [bad]
    assert len(finished.run.rankings) == 11
    assert score(beir.data, finished.run.rankings)["MRR"][2] == 0


def test_a_missing_model_stops_the_variant_and_caches_no_batch(
    beir: Task, config: Config, make_factories: Callable[..., Factories]
) -> None:
    def missing() -> Any:
        raise ModelMissing("no model", expected="weights", found="none", remedy="pull them")

    with pytest.raises(ModelMissing):
        run_variant(beir, Variant(name="needs-model", method="yesno"), config, make_factories(missing))
    assert not list(config.eval.cache.glob("runs/*needs-model*/*/batch-*"))  # type: ignore[union-attr]


def test_a_setting_that_does_not_exist_is_refused_before_anything_runs(
    beir: Task, config: Config, factories: Factories
) -> None:
    with pytest.raises(ConfigError):
        run_variant(beir, Variant(name="x", retrieval={"wieghts": {}}), config, factories)


def test_runs_that_were_tuned_on_their_own_data_are_marked(beir: Task, config: Config, factories: Factories) -> None:
    tuned = config.model_copy(
        update={
            "tuned": config.tuned.model_copy(update={"on": {"x": beir.data.data_hash}, "keys": ("retrieval.weights",)})
        }
    )
    assert run_variant(beir, Variant(name="default"), tuned, factories).tuned_here
    assert not run_variant(beir, Variant(name="bm25", alone="bm25"), tuned, factories).tuned_here
    assert not run_variant(beir, Variant(name="default"), config, factories).tuned_here
