"""Tokens and core-seconds of each rerank method on the same lists, against a lower bound.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.rerank.cost [--model qwen2.5-coder-1.5b] [--bench dl19] [--queries 4]

The bound is the tokens of the prompt before the first candidate, once for each list, and those of each candidate's
text. Tokens are counted as the server reports them, and no answers are cached. The position bias of `letters`, which is
measured once for a model, has a line of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.rerank.lists import LIST_SETS, ListSet, RankedList, Vectors, load
from benchmarks.rerank.quality import VARIANTS, show
from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.rerank.budget import Budget, BudgetedCalls
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.letters import SHUFFLES, WINDOW, position_bias
from shortlist.agent.rerank.metered_model import MeteredModel
from shortlist.agent.rerank.prompt import ReaderPrompt
from shortlist.core.config import LlmConfig, ModelsConfig, RerankConfig
from shortlist.models.llm.llama_cpp import LlamaCppModel
from shortlist.models.llm.loader import load_language_model

METHODS = ("yesno", "letters-raw", "list")
CANDIDATE = "\0"


def tokens(model: LlamaCppModel, text: str) -> int:
    """Count tokens with the model's own tokenizer."""
    url, headers = f"{model._server.listening_address}/tokenize", {"Authorization": f"Bearer {model._key}"}
    answer = httpx.post(url, json={"content": text}, headers=headers, trust_env=False)
    return len(answer.raise_for_status().json()["tokens"])


def bound(model: LlamaCppModel, ranked_list: RankedList, bench: ListSet, config: RerankConfig) -> tuple[int, int]:
    """Return the tokens of the yes/no prompt before the candidate, and those of all candidates' texts."""
    prompt = ReaderPrompt.load(
        "yesno_wish" if ranked_list.wish else "yesno", ranked_list.profile, ranked_list.wish, bench.items, config
    )
    prefix = "\n".join(message.content for message in prompt.messages(candidate=CANDIDATE)).partition(CANDIDATE)[0]
    head = [item for item in ranked_list.ranking.ids[: config.depth] if item in bench.items.videos]
    texts = [candidate_text(bench.items.videos[item], config.candidate_tokens) for item in head]
    return tokens(model, prefix), sum(tokens(model, text) for text in texts)


def measure(model: LlamaCppModel, bench: ListSet, method: str, config: RerankConfig) -> list[dict[str, float]]:
    """Rerank each list and return its cost."""
    costs = []
    for ranked_list in bench.lists.values():
        metered, start = MeteredModel(lambda: model), time.process_time()
        VARIANTS[method](RerankContext(metered, bench.items, config)).rerank(
            ranked_list.profile, ranked_list.wish, ranked_list.ranking
        )
        use = metered.use
        costs.append(
            {"prompt": use.prompt_tokens, "output": use.output_tokens, "core_s": time.process_time() - start}
        )  # fmt: skip
    return costs


def table(
    bounds: Sequence[tuple[int, int]], costs: dict[str, list[dict[str, float]]], depth: int
) -> list[dict[str, Any]]:
    """Return means for a list by method.

    `over` is the prompt tokens in units of the bound, `of list` the core-seconds in units of the method `list`.
    """
    prefix, texts = (float(np.mean(part)) for part in zip(*bounds, strict=True))
    least = prefix + texts
    list_method_s = float(np.mean([cost["core_s"] for cost in costs["list"]]))
    rows = [
        {"method": "bound", "prompt": least},
        {"method": "1.3 x bound + 20 a candidate", "prompt": 1.3 * least + 20 * depth},
    ]
    for method, of_method in costs.items():
        means = {name: float(np.mean([cost[name] for cost in of_method])) for name in ("prompt", "output", "core_s")}
        shares = {"over": means["prompt"] / least, "of list": means["core_s"] / list_method_s}
        rows.append({"method": method, **means, **shares})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", choices=LIST_SETS, default="dl19")
    parser.add_argument("--model", default="qwen2.5-coder-1.5b", help="an embedded model of `shortlist models list`")
    parser.add_argument("--queries", type=int, default=4, help="so many lists, drawn at random")
    parser.add_argument("--work", type=Path, default=Path("reports/rerank"), help="folder of vectors")
    parser.add_argument("--out", type=Path, help="JSON file of the figures")
    args = parser.parse_args()
    config = RerankConfig(depth=20, top=20)
    bench = load(args.bench, Path(os.environ["SHORTLIST_BENCH_DATA"]), Vectors(args.work), args.queries)
    model = load_language_model(LlmConfig(provider="embedded", model=args.model, threads=1), ModelsConfig())
    assert isinstance(model, LlamaCppModel)
    bounds = [bound(model, ranked_list, bench, config) for ranked_list in bench.lists.values()]
    rows = table(bounds, {method: measure(model, bench, method, config) for method in METHODS}, config.depth)
    metered, start = MeteredModel(lambda: model), time.process_time()
    position_bias(metered, WINDOW, BudgetedCalls(Budget(None)))
    once = {"prompt": float(metered.use.prompt_tokens), "core_s": time.process_time() - start}
    rows.append({"method": f"the bias, once, {SHUFFLES} windows", **once})
    show(f"{args.bench}, {args.model}: means over {len(bench.lists)} lists of {config.depth}", rows)
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps({"bench": args.bench, "model": args.model, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
