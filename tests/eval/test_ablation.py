"""An ablation from data to report: its files, their reproducibility, and a check by another tool."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ir_measures
import pytest

from shortlist.core.config import Config
from shortlist.core.errors import ConfigError, ModelMissing, RecordError, UsageError
from shortlist.eval.ablation import Plan, ablate
from shortlist.eval.comparison import compare_variants
from shortlist.eval.data.specs import load
from shortlist.eval.factories import Factories
from shortlist.eval.tasks.from_files import task_of
from shortlist.eval.variants import Variant

pytestmark = pytest.mark.integration

VARIANTS = (
    Variant(name="default"),
    Variant(name="bm25", alone="bm25"),
    Variant(name="without-dense", drop=("dense",)),
    Variant(name="sampled", sample=6),
    Variant(name="sklearn-tfidf", peer="sklearn-tfidf"),
    Variant(name="readers-only", kinds=("watches",)),
    Variant(name="random", peer="random"),
)
TIMED = re.compile(r"cost|report")


def measured(
    folders: dict[str, Path],
    out: Path,
    config: Config,
    factories: Factories,
    variants: Sequence[Variant] = VARIANTS,
) -> Path:
    tasks = [task_of(load(f"{kind}:{folder}")) for kind, folder in folders.items()]
    ablate(Plan(tasks, variants, "default", out), config, factories)
    return out


@pytest.fixture(scope="module")
def out(
    tmp_path_factory: pytest.TempPathFactory, data_folders: dict[str, Path], config: Config, factories: Factories
) -> Path:
    return measured(data_folders, tmp_path_factory.mktemp("ablation"), config, factories)


def results(out: Path) -> Any:
    return json.loads((out / "results.json").read_text())


def test_all_files_are_written(out: Path) -> None:
    names = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert {"report.md", "report.html", "results.json", "qrels/beir-tiny.qrels", "qrels/watches-tiny.qrels"} <= names
    for variant in VARIANTS:
        assert (f"runs/beir-tiny.{variant.name}.run" in names) == variant.applies_to("beir")
        assert f"scores/watches-tiny.{variant.name}.csv" in names


def test_ir_measures_reads_the_files_and_finds_the_same_figures(out: Path) -> None:
    for data, told in results(out)["data"].items():
        qrels = list(ir_measures.read_trec_qrels(str(out / "qrels" / f"{data}.qrels")))
        for variant in ("default", "bm25", "sklearn-tfidf", "random"):
            run = list(ir_measures.read_trec_run(str(out / "runs" / f"{data}.{variant}.run")))
            found = ir_measures.calc_aggregate([ir_measures.nDCG @ 10, ir_measures.RR, ir_measures.R @ 100], qrels, run)
            ours = told["variants"][variant]["metrics"]
            theirs = {str(metric): value for metric, value in found.items()}
            assert ours["nDCG@10"] == pytest.approx(theirs["nDCG@10"], abs=1e-6)
            assert ours["MRR"] == pytest.approx(theirs["RR"], abs=1e-6)
            assert ours["Recall@100"] == pytest.approx(theirs["R@100"], abs=1e-6)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_where_nothing_is_timed(
    out: Path,
    tmp_path: Path,
    data_folders: dict[str, Path],
    make_config: Callable[[Path], Config],
    factories: Factories,
) -> None:
    again = measured(data_folders, tmp_path / "out", make_config(tmp_path / "cache"), factories)
    files = [path.relative_to(out) for path in out.rglob("*") if path.is_file() and not TIMED.search(path.name)]
    assert len(files) > 20
    for file in files:
        if file.name != "results.json":
            assert (again / file).read_bytes() == (out / file).read_bytes(), file
    assert json.dumps(without_times(results(again))) == json.dumps(without_times(results(out)))


def without_times(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: without_times(value) for key, value in document.items() if key != "cost"}
    return document


def test_better_and_worse_differ_from_chance(out: Path) -> None:
    variants = results(out)["data"]["beir-tiny"]["variants"]
    assert variants["default"]["against_baseline"] == {}
    against = variants["random"]["against_baseline"]["nDCG@10"]
    assert against["difference"]["high"] < 0
    assert against["p_holm"] < 0.05
    assert against["wins"] + against["ties"] + against["losses"] == 12
    assert against["p_holm"] >= against["p"]


def test_a_sample_is_compared_on_its_own_queries(out: Path) -> None:
    beir = results(out)["data"]["beir-tiny"]
    assert beir["variants"]["sampled"]["queries"] == 6
    assert beir["variants"]["sampled"]["against_baseline"]["nDCG@10"]["difference"]["mean"] == 0
    assert "measured on fewer queries" in (out / "report.md").read_text()


def test_results_have_costs(out: Path) -> None:
    cost = results(out)["data"]["watches-tiny"]["variants"]["default"]["cost"]
    assert cost["stage_ms"]["total"]["p50"] > 0
    assert cost["stage_ms"]["total"]["p95"] >= cost["stage_ms"]["total"]["p50"]
    assert {"calls", "prompt_tokens", "output_tokens", "cached_calls", "core_seconds", "peak_memory_mb"} <= cost.keys()


def test_the_html_report_needs_no_network_and_contains_its_plots(out: Path) -> None:
    page = (out / "report.html").read_text()
    assert page.count("<svg") == 3 + 4  # watches has a plot by history, too
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#)""", page.replace("xlink:href", "href"))
    assert "@import" not in page
    assert "url(http" not in page


def test_two_variants_are_compared_from_written_scores(out: Path) -> None:
    found = compare_variants(out, "random", "default", seed=0)
    written = results(out)["data"]["beir-tiny"]["variants"]["random"]["against_baseline"]["nDCG@10"]
    ours = found["data"]["beir-tiny"]["metrics"]["nDCG@10"]
    assert ours["difference"] == written["difference"]
    assert ours["p"] == written["p"]
    assert compare_variants(out, "default", "sampled", seed=0)["data"]["beir-tiny"]["queries"] == 6


def test_two_samples_are_compared_on_their_common_queries(
    tmp_path: Path, data_folders: dict[str, Path], config: Config, factories: Factories
) -> None:
    variants = [Variant(name="few", sample=4), Variant(name="some", sample=6), Variant(name="all")]
    ablate(Plan([task_of(load(f"beir:{data_folders['beir']}"))], variants, "some", tmp_path), config, factories)
    asked = {name: one["queries"] for name, one in results(tmp_path)["data"]["beir-tiny"]["variants"].items()}
    assert asked == {"few": 4, "some": 6, "all": 6}
    assert compare_variants(tmp_path, "some", "few", seed=0)["data"]["beir-tiny"]["queries"] == 4


def test_comparing_unknown_variants_lists_the_names(out: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two of bm25, default"):
        compare_variants(out, "default", "nothing", seed=0)
    with pytest.raises(UsageError, match="two variants"):
        compare_variants(out, "default", "default", seed=0)
    with pytest.raises(UsageError, match="a folder written by"):
        compare_variants(tmp_path, "default", "bm25", seed=0)


def test_scores_of_other_queries_are_refused(out: Path, tmp_path: Path) -> None:
    for name in ("results.json", "scores/beir-tiny.default.csv", "scores/beir-tiny.bm25.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((out / name).read_bytes())
    file = tmp_path / "scores" / "beir-tiny.bm25.csv"
    file.write_text(file.read_text().replace("-q", "-other"))
    with pytest.raises(RecordError, match="expected queries that both variants answered"):
        compare_variants(tmp_path, "bm25", "default", seed=0)
    file.write_text("query,nDCG@10\nq,high\n")
    with pytest.raises(RecordError, match=r"bad scores .*bm25\.csv"):
        compare_variants(tmp_path, "bm25", "default", seed=0)


def test_a_variant_whose_model_is_missing_is_left_out_with_the_reason(
    tmp_path: Path, data_folders: dict[str, Path], config: Config, make_factories: Callable[..., Factories]
) -> None:
    def missing() -> Any:
        raise ModelMissing("no model", expected="weights", found="none", remedy="pull them")

    asked = Variant(name="default+yesno", method="yesno")
    folders = {"beir": data_folders["beir"]}
    out = measured(folders, tmp_path / "out", config, make_factories(missing), [*VARIANTS[:2], asked])
    assert "no model" in results(out)["data"]["beir-tiny"]["not_measured"]["default+yesno"]
    assert "default+yesno was not measured" in (out / "report.md").read_text()


def test_a_tuned_figure_is_labelled(
    tmp_path: Path, data_folders: dict[str, Path], config: Config, factories: Factories
) -> None:
    data = load(f"beir:{data_folders['beir']}")
    tuned = config.tuned.model_copy(update={"on": {"here": data.data_hash}, "keys": ("retrieval.text_weights",)})
    out = measured(
        {"beir": data_folders["beir"]}, tmp_path, config.model_copy(update={"tuned": tuned}), factories, VARIANTS[:2]
    )
    report = (out / "report.md").read_text()
    assert "default (tuned on this very data)" in report
    assert "bm25 (tuned" not in report


def test_two_data_sets_with_the_same_name_are_refused(tmp_path: Path, data_folders: dict[str, Path]) -> None:
    task = task_of(load(f"beir:{data_folders['beir']}"))
    with pytest.raises(UsageError, match="found beir-tiny, beir-tiny"):
        Plan([task, task], [Variant(name="default")], "default", tmp_path)


def test_a_baseline_that_is_not_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="one of default"):
        Plan([], [Variant(name="default")], "defualt", tmp_path)
