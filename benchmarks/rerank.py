"""What the rerank methods are worth and what they cost, on real queries and readers.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.rerank --bench dl19 --model qwen2.5-coder-1.5b --method yesno
        [--queries 20 | --known] [--work reports/rerank] [--out reports/rerank.json]

Each list is judged once: `benchmarks/judged/BENCH.MODEL.METHOD.jsonl` keeps what the model thought and what asking
cost, and a run that was cut off goes on there. Blends of every weight, their intervals and paired tests are worked out
from it; `--known` does that for the lists that are there, and asks no model.
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

from benchmarks.rerank_cases import BENCHES, Bench, Case, Vectors, load
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
WEIGHT = 0.5
DEPTH = 20
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
class Judged:
    """What a model thought of one list, best first, and the cost where no answer came from a cache."""

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


def judge(bench: Bench, method: str, model: LanguageModel, config: RerankConfig, kept: Path) -> dict[str, Judged]:
    """Every case of `bench` by `method`, those in the file `kept` as they are there."""
    found = read(kept)
    for number, (query, case) in enumerate(bench.cases.items(), 1):
        if query in found:
            continue
        found[query] = one(case, bench, method, model, config)
        with kept.open("a", encoding="utf-8") as file:
            values = {name: getattr(found[query], name) for name in Judged.__dataclass_fields__}
            file.write(json.dumps({"query": query, **values}) + "\n")
        CONSOLE.print(f"{bench.name} {method}: {number} of {len(bench.cases)}", style="dim")
    return {query: found[query] for query in bench.cases}


def one(case: Case, bench: Bench, method: str, model: LanguageModel, config: RerankConfig) -> Judged:
    metered, start = MeteredModel(model), time.process_time()
    reranked = VARIANTS[method](RerankContext(metered, bench.items, config)).rerank(
        case.profile, case.wish, case.ranking
    )
    judged, use = reranked.sources[0], metered.use
    return Judged(
        judged.ids, tuple(judged.scores.tolist()), use.calls, use.cached_calls, use.prompt_tokens, use.output_tokens,
        time.process_time() - start, tuple(note.full for note in reranked.notes),
    )  # fmt: skip


def read(kept: Path) -> dict[str, Judged]:
    if not kept.exists():
        return {}
    rows = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    tuples = ("ids", "scores", "notes")
    return {
        row.pop("query"): Judged(
            **{name: tuple(row[name]) if name in tuples else row[name] for name in row if name != "query"}
        )
        for row in rows
    }


def quality(bench: Bench, rankings: Mapping[str, Ranking]) -> dict[str, np.ndarray[Any, Any]]:
    """float64[cases] by metric, the cases in the order of the bench."""
    queries = tuple(query for query in bench.data.queries if query.id in bench.cases)
    qrels = {query.id: bench.data.qrels[query.id] for query in queries}
    return score(replace(bench.data, queries=queries, qrels=qrels), rankings)


def blended(bench: Bench, judged: Mapping[str, Judged], weight: float) -> dict[str, Ranking]:
    return {query: blend(case.ranking, judged[query].ranking, weight, DEPTH) for query, case in bench.cases.items()}


def quality_table(bench: Bench, judged: Mapping[str, Judged], title: str) -> list[dict[str, Any]]:
    """Each weight against no rerank: mean, interval of the difference, paired test, corrected for all weights."""
    base = quality(bench, {query: case.ranking for query, case in bench.cases.items()})
    scored = {weight: quality(bench, blended(bench, judged, weight)) for weight in WEIGHTS}
    tests = {weight: compare(found["nDCG@10"], base["nDCG@10"], seed=0) for weight, found in scored.items()}
    corrected = dict(zip(tests, holm([test.p for test in tests.values()]).tolist(), strict=True))
    rows = [{"weight": 0.0, **_means(base), "low": None, "high": None, "p": None, "holm": None}]
    for weight, test in tests.items():
        interval = {"low": test.difference.low, "high": test.difference.high}
        counts = {"wins": test.wins, "ties": test.ties, "losses": test.losses}
        rows.append(
            {"weight": weight, **_means(scored[weight]), **interval, "p": test.p, "holm": corrected[weight], **counts}
        )
    whole = bootstrap(base["nDCG@10"], seed=0)
    show(f"{title}: none = {whole.mean:.4f} [{whole.low:.4f}, {whole.high:.4f}], {whole.n} lists", rows)
    return rows


def history_table(bench: Bench, judged: Mapping[str, Judged], title: str) -> list[dict[str, Any]]:
    """nDCG@10 by the number of items in the reader's history, without and with the rerank."""
    sizes = np.array([len(case.profile.history) for case in bench.cases.values()])
    if not sizes.any():
        return []
    base = quality(bench, {query: case.ranking for query, case in bench.cases.items()})["nDCG@10"]
    found = quality(bench, blended(bench, judged, WEIGHT))["nDCG@10"]
    rows = []
    for low, high in HISTORIES:
        here = (sizes >= low) & (sizes <= high)
        if here.any():
            test = compare(found[here], base[here], seed=0)
            rows.append(
                {"history": f"{low} to {high}", "lists": int(here.sum()), "none": base[here].mean(),
                 "rerank": found[here].mean(), "low": test.difference.low, "high": test.difference.high, "p": test.p}
            )  # fmt: skip
    show(f"{title}: by length of history, weight {WEIGHT}", rows)
    return rows


def depth_table(bench: Bench, judged: Mapping[str, Judged], config: RerankConfig, title: str) -> list[dict[str, Any]]:
    """What stopping as soon as the first `top` places are safe saves, and costs in nDCG@`top`, at weight 0.5."""
    rows = []
    for top in TOPS:
        stopping = config.model_copy(update={"top": top})
        stopped = {query: stop(case, judged[query], stopping) for query, case in bench.cases.items()}
        asked = sum(len(one.ids) for one in stopped.values()) / sum(len(one.ids) for one in judged.values())
        whole, early = (_ndcg(bench, blended(bench, found, WEIGHT), top) for found in (judged, stopped))
        test = compare(early, whole, seed=0)
        rows.append(
            {"top": top, "calls kept": asked, "whole": whole.mean(), "early": early.mean(), "low": test.difference.low,
             "high": test.difference.high, "p": test.p}
        )  # fmt: skip
    show(f"{title}: stopping early", rows)
    return rows


def stop(case: Case, judged: Judged, config: RerankConfig) -> Judged:
    """The part of `judged` that a rerank which stops early would have asked for."""
    opinions, asked = dict(zip(judged.ids, judged.scores, strict=True)), dict[str, float]()
    for item in case.ranking.ids[: config.depth]:
        if is_top_final(case.ranking, asked, WEIGHT, config) or len(asked) == len(opinions):
            break
        if item in opinions:
            asked[item] = opinions[item]
    ranking = Ranking.of(asked, "judged")
    return Judged(ranking.ids, tuple(ranking.scores.tolist()))


def cost(judged: Mapping[str, Judged], title: str) -> dict[str, float]:
    """Medians a list, over the lists that the model was asked about.

    Not means: the first list of `letters` measures the position bias too, and one that a run was cut off in has part of
    its answers from the cache.
    """
    fresh = [one for one in judged.values() if one.calls]
    if not fresh:
        return {}
    names = ("calls", "prompt_tokens", "output_tokens", "core_seconds")
    medians = {name: float(np.median([getattr(one, name) for one in fresh])) for name in names}
    show(f"{title}: cost a list, medians over {len(fresh)} lists", [medians])
    return medians


def show(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(*names, title=title, title_justify="left")
    for row in rows:
        table.add_row(*(_shown(row.get(name)) for name in names))
    CONSOLE.print(table)


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)


def _means(found: Mapping[str, np.ndarray[Any, Any]]) -> dict[str, float]:
    return {
        name: float(np.nanmean(found[name])) for name in METRICS if name in found and not np.isnan(found[name]).all()
    }


def _ndcg(bench: Bench, rankings: Mapping[str, Ranking], k: int) -> np.ndarray[Any, Any]:
    from shortlist.eval.metrics import metrics

    grades = [[bench.data.qrels[query].get(item, 0) for item in rankings[query].ids] + [0] * k for query in bench.cases]
    judged = [list(bench.data.qrels[query].values()) for query in bench.cases]
    width = max(map(len, judged))
    ranked = np.array([row[:k] for row in grades])
    return metrics.ndcg(ranked, np.array([row + [0] * (width - len(row)) for row in judged]), k)


def asked_model(name: str, work: Path) -> LanguageModel:
    """An embedded model whose answers are kept in `work`."""
    work.mkdir(parents=True, exist_ok=True)
    llm = LlmConfig(provider="embedded", model=name, threads=1)
    answers = SqliteDatabase(work / "answers.sqlite3", "delete it")
    return CachedModel(load_language_model(llm, ModelsConfig()), answers, "1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", choices=BENCHES, default="dl19")
    parser.add_argument("--model", default="qwen2.5-coder-1.5b", help="an embedded model of `shortlist models list`")
    parser.add_argument("--method", choices=VARIANTS, default="yesno")
    parser.add_argument("--queries", type=int, help="so many lists only, drawn at random")
    parser.add_argument("--known", action="store_true", help="only the lists judged before")
    parser.add_argument("--work", type=Path, default=Path("reports/rerank"), help="folder of vectors and answers")
    parser.add_argument("--out", type=Path, help="JSON file of the figures")
    asked = parser.parse_args()
    config = RerankConfig(depth=DEPTH, top=DEPTH)
    bench = load(asked.bench, Path(os.environ["SHORTLIST_BENCH_DATA"]), Vectors(asked.work), asked.queries)
    kept = JUDGED / f"{asked.bench}.{asked.model}.{asked.method}.jsonl"
    if asked.known:
        judged = read(kept)
        bench = replace(bench, cases={query: case for query, case in bench.cases.items() if query in judged})
        judged = {query: judged[query] for query in bench.cases}
    else:
        judged = judge(bench, asked.method, asked_model(asked.model, asked.work), config, kept)
    title = f"{asked.bench}, {asked.method} by {asked.model}"
    figures = {
        "bench": asked.bench, "model": asked.model, "method": asked.method, "config": config.model_dump(mode="json"),
        "quality": quality_table(bench, judged, title), "history": history_table(bench, judged, title),
        "depth": depth_table(bench, judged, config, title), "cost": cost(judged, title),
    }  # fmt: skip
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
