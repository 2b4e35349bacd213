"""Quality and cost of the rerank methods on real queries and readers.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.rerank.quality --bench dl19 --model qwen2.5-coder-1.5b --method yesno
        [--queries 20 | --known] [--work reports/rerank] [--out reports/rerank.json]

The model scores each list once: `judged/BENCH.MODEL.METHOD.jsonl` stores its scores and their cost, and an
interrupted run resumes there. Blends with every weight, their intervals and paired tests are computed from this file;
`--known` does so for the lists in the file, and calls no model.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.rerank.lists import LIST_SETS, ListSet, RankedList, Vectors, load
from shortlist.agent.rerank.blend import blend
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.letters import Letters
from shortlist.agent.rerank.metered_model import MeteredModel
from shortlist.agent.rerank.methods import METHODS, Reranker
from shortlist.agent.rerank.pointwise import is_top_final
from shortlist.core.config import LlmConfig, ModelsConfig, RerankConfig
from shortlist.core.ranking import Ranking
from shortlist.eval.metrics.scores import score
from shortlist.eval.stats.significance import bootstrap, compare, holm
from shortlist.models.llm.language_model import LanguageModel
from shortlist.models.llm.loader import load_language_model
from shortlist.store.caches.completions import CachedModel
from shortlist.store.sql.sqlite import SqliteDatabase

WEIGHTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
DEPTH = 20
SAFE_RANKS = 5  # candidates of these ranks in the rerank are left honest
TOPS = (3, 5, 10)
HISTORIES = ((0, 5), (6, 15), (16, 1000))
METRICS = ("nDCG@10", "MRR", "AUC")
CONSOLE = Console(width=150)
JUDGED = Path(__file__).with_name("judged")

VARIANTS: dict[str, Callable[[RerankContext], Reranker]] = {
    **METHODS,
    "letters-raw": lambda setting: Letters(setting, calibrated=False),
}


@dataclass(frozen=True, slots=True)
class ModelScores:
    """A model's scores of one list, best first, and their cost without cached answers."""

    ids: tuple[str, ...]
    scores: tuple[float, ...]
    calls: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    core_seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def ranking(self) -> Ranking:
        return Ranking(self.ids, np.array(self.scores), "judged")


def score_lists(
    bench: ListSet, method: str, model: LanguageModel, config: RerankConfig, path: Path
) -> dict[str, ModelScores]:
    """Score every list of `bench` by `method`. Scores in the file `path` are read, new ones are appended to it."""
    scores = read(path)
    for number, (query, ranked_list) in enumerate(bench.lists.items(), 1):
        if query in scores:
            continue
        scores[query] = score_list(ranked_list, bench, method, model, config)
        with path.open("a", encoding="utf-8") as file:
            values = {name: getattr(scores[query], name) for name in ModelScores.__dataclass_fields__}
            file.write(json.dumps({"query": query, **values}) + "\n")
        CONSOLE.print(f"{bench.name} {method}: {number} of {len(bench.lists)}", style="dim")
    return {query: scores[query] for query in bench.lists}


def score_list(
    ranked_list: RankedList, bench: ListSet, method: str, model: LanguageModel, config: RerankConfig
) -> ModelScores:
    metered, start = MeteredModel(lambda: model), time.process_time()
    reranked = VARIANTS[method](RerankContext(metered, bench.items, config)).rerank(
        ranked_list.profile, ranked_list.wish, ranked_list.ranking
    )
    scores, use = reranked.sources[0], metered.use
    return ModelScores(
        scores.ids, tuple(scores.scores.tolist()), use.calls, use.cached_calls, use.prompt_tokens, use.output_tokens,
        time.process_time() - start, tuple(note.full for note in reranked.notes),
    )  # fmt: skip


def read(path: Path) -> dict[str, ModelScores]:
    """Read the scores in a file by query id; {} without the file."""
    if not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    tuples = ("ids", "scores", "notes")
    return {
        row.pop("query"): ModelScores(
            **{name: tuple(row[name]) if name in tuples else row[name] for name in row if name != "query"}
        )
        for row in rows
    }


def quality(bench: ListSet, rankings: Mapping[str, Ranking]) -> dict[str, np.ndarray[Any, Any]]:
    """Return float64[lists] by metric, aligned with the lists of `bench`."""
    queries = tuple(query for query in bench.data.queries if query.id in bench.lists)
    qrels = {query.id: bench.data.qrels[query.id] for query in queries}
    return score(replace(bench.data, queries=queries, qrels=qrels), rankings)


def blended(
    bench: ListSet, scores: Mapping[str, ModelScores], weight: float, config: RerankConfig
) -> dict[str, Ranking]:
    return {
        query: blend(ranked_list.ranking, scores[query].ranking, weight, config)
        for query, ranked_list in bench.lists.items()
    }


def quality_table(
    bench: ListSet, scores: Mapping[str, ModelScores], config: RerankConfig, title: str
) -> list[dict[str, Any]]:
    """Compare each weight with no rerank: mean, interval of the difference, paired test corrected for all weights."""
    base = quality(bench, {query: ranked_list.ranking for query, ranked_list in bench.lists.items()})
    by_weight = {weight: quality(bench, blended(bench, scores, weight, config)) for weight in WEIGHTS}
    tests = {weight: compare(metrics["nDCG@10"], base["nDCG@10"], seed=0) for weight, metrics in by_weight.items()}
    corrected = dict(zip(tests, holm([test.p for test in tests.values()]).tolist(), strict=True))
    rows = [{"weight": 0.0, **_means(base), "low": None, "high": None, "p": None, "holm": None}]
    for weight, test in tests.items():
        interval = {"low": test.difference.low, "high": test.difference.high}
        counts = {"wins": test.wins, "ties": test.ties, "losses": test.losses}
        rows.append(
            {
                "weight": weight,
                **_means(by_weight[weight]),
                **interval,
                "p": test.p,
                "holm": corrected[weight],
                **counts,
            }
        )
    whole = bootstrap(base["nDCG@10"], seed=0)
    show(f"{title}: none = {whole.mean:.4f} [{whole.low:.4f}, {whole.high:.4f}], {whole.n} lists", rows)
    return rows


def history_table(
    bench: ListSet, scores: Mapping[str, ModelScores], config: RerankConfig, title: str
) -> list[dict[str, Any]]:
    """Compare nDCG@10 with and without the rerank by the length of the reader's history."""
    sizes = np.array([len(ranked_list.profile.history) for ranked_list in bench.lists.values()])
    if not sizes.any():
        return []
    base = quality(bench, {query: ranked_list.ranking for query, ranked_list in bench.lists.items()})["nDCG@10"]
    reranked = quality(bench, blended(bench, scores, config.weight_wish, config))["nDCG@10"]
    rows = []
    for low, high in HISTORIES:
        rows_in_range = (sizes >= low) & (sizes <= high)
        if rows_in_range.any():
            with_model, without = reranked[rows_in_range], base[rows_in_range]
            test = compare(with_model, without, seed=0)
            rows.append(
                {"history": f"{low} to {high}", "lists": with_model.size, "none": without.mean(),
                 "rerank": with_model.mean(), "low": test.difference.low, "high": test.difference.high, "p": test.p}
            )  # fmt: skip
    show(f"{title}: by length of history, weight {config.weight_wish}", rows)
    return rows


def depth_table(
    bench: ListSet, scores: Mapping[str, ModelScores], config: RerankConfig, title: str
) -> list[dict[str, Any]]:
    """Measure the calls saved by stopping once the first `top` places are final, and the loss in nDCG@`top`."""
    rows = []
    for top in TOPS:
        stopping = config.model_copy(update={"top": top})
        stopped = {query: stop(ranked_list, scores[query], stopping) for query, ranked_list in bench.lists.items()}
        share = sum(len(part.ids) for part in stopped.values()) / sum(len(full.ids) for full in scores.values())
        whole, early = (
            _ndcg(bench, blended(bench, part, config.weight_wish, config), top) for part in (scores, stopped)
        )
        test = compare(early, whole, seed=0)
        rows.append(
            {"top": top, "share of calls": share, "whole": whole.mean(), "early": early.mean(),
             "low": test.difference.low, "high": test.difference.high, "p": test.p}
        )  # fmt: skip
    show(f"{title}: stopping early", rows)
    return rows


def deception_table(
    bench: ListSet, scores: Mapping[str, ModelScores], config: RerankConfig, title: str
) -> list[dict[str, Any]]:
    """Measure what a text gains that deceives the model fully: the list's best score for each from rank 6 on."""
    rises, newly_first = [], []
    for query, ranked_list in bench.lists.items():
        honest = dict(zip(scores[query].ids, scores[query].scores, strict=True))
        before = blend(ranked_list.ranking, Ranking.of(honest, "judged"), config.weight_wish, config).ids
        for item in scores[query].ids[SAFE_RANKS:]:
            lied = Ranking.of({**honest, item: max(honest.values())}, "judged")
            after = blend(ranked_list.ranking, lied, config.weight_wish, config).ids
            rises.append(before.index(item) - after.index(item))
            newly_first.append(after[0] == item != before[0])
    row = {"attacks": len(rises), "final rise": float(np.mean(rises)), "newly first": float(np.mean(newly_first))}
    show(f"{title}: a text that deceives the model fully", [row])
    return [row]


def stop(ranked_list: RankedList, scores: ModelScores, config: RerankConfig) -> ModelScores:
    """Return the part of `scores` that a rerank which stops early computes."""
    full, part = dict(zip(scores.ids, scores.scores, strict=True)), dict[str, float]()
    for item in ranked_list.ranking.ids[: config.depth]:
        if is_top_final(ranked_list.ranking, part, config.weight_wish, config) or len(part) == len(full):
            break
        if item in full:
            part[item] = full[item]
    ranking = Ranking.of(part, "judged")
    return ModelScores(ranking.ids, tuple(ranking.scores.tolist()))


def cost(scores: Mapping[str, ModelScores], title: str) -> dict[str, float]:
    """Return medians for a list, over the lists for which the model was called.

    Means would mislead: the first list of `letters` also measures the position bias, and the list at which a run was
    interrupted has some cached answers.
    """
    uncached = [list_scores for list_scores in scores.values() if list_scores.calls]
    if not uncached:
        return {}
    names = ("calls", "prompt_tokens", "output_tokens", "core_seconds")
    medians = {name: float(np.median([getattr(list_scores, name) for list_scores in uncached])) for name in names}
    show(f"{title}: cost of a list, medians over {len(uncached)} lists", [medians])
    return medians


def show(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(*names, title=title, title_justify="left")
    for row in rows:
        table.add_row(*(_format(row.get(name)) for name in names))
    CONSOLE.print(table)


def _format(value: Any) -> str:
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)


def _means(scores: Mapping[str, np.ndarray[Any, Any]]) -> dict[str, float]:
    return {
        name: float(np.nanmean(scores[name])) for name in METRICS if name in scores and not np.isnan(scores[name]).all()
    }


def _ndcg(bench: ListSet, rankings: Mapping[str, Ranking], k: int) -> np.ndarray[Any, Any]:
    from shortlist.eval.metrics import metrics

    grades = [[bench.data.qrels[query].get(item, 0) for item in rankings[query].ids] + [0] * k for query in bench.lists]
    judged = [list(bench.data.qrels[query].values()) for query in bench.lists]
    width = max(map(len, judged))
    ranked = np.array([row[:k] for row in grades])
    return metrics.ndcg(ranked, np.array([row + [0] * (width - len(row)) for row in judged]), k)


def cached_model(name: str, work: Path) -> LanguageModel:
    """Load an embedded model, with its answers cached in `work`."""
    work.mkdir(parents=True, exist_ok=True)
    llm = LlmConfig(provider="embedded", model=name, threads=1)
    answers = SqliteDatabase(work / "answers.sqlite3", "delete it")
    return CachedModel(load_language_model(llm, ModelsConfig()), answers, "1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", choices=LIST_SETS, default="dl19")
    parser.add_argument("--model", default="qwen2.5-coder-1.5b", help="an embedded model of `shortlist models list`")
    parser.add_argument("--method", choices=VARIANTS, default="yesno")
    parser.add_argument("--queries", type=int, help="number of lists, drawn at random (default: all)")
    parser.add_argument("--weight", type=float, default=RerankConfig().weight_wish, help="for histories and depths")
    parser.add_argument("--max-lift", type=float, default=RerankConfig().max_lift, help="see rerank.max_lift")
    parser.add_argument("--known", action="store_true", help="use only lists that were scored before")
    parser.add_argument("--work", type=Path, default=Path("reports/rerank"), help="folder of vectors and answers")
    parser.add_argument("--out", type=Path, help="JSON file of the figures")
    args = parser.parse_args()
    config = RerankConfig(depth=DEPTH, top=DEPTH, weight_wish=args.weight, max_lift=args.max_lift)
    bench = load(args.bench, Path(os.environ["SHORTLIST_BENCH_DATA"]), Vectors(args.work), args.queries)
    path = JUDGED / f"{args.bench}.{args.model}.{args.method}.jsonl"
    if args.known:
        scores = read(path)
        lists = {query: ranked_list for query, ranked_list in bench.lists.items() if query in scores}
        bench = replace(bench, lists=lists)
        scores = {query: scores[query] for query in lists}
    else:
        scores = score_lists(bench, args.method, cached_model(args.model, args.work), config, path)
    title = f"{args.bench}, {args.method} by {args.model}"
    figures = {
        "bench": args.bench, "model": args.model, "method": args.method, "config": config.model_dump(mode="json"),
        "quality": quality_table(bench, scores, config, title), "history": history_table(bench, scores, config, title),
        "depth": depth_table(bench, scores, config, title), "cost": cost(scores, title),
        "deception": deception_table(bench, scores, config, title),
    }  # fmt: skip
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
