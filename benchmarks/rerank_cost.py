"""Tokens and core-seconds of each rerank method on the same lists, in one run, against the least that must be read.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.rerank_cost [--model qwen2.5-coder-1.5b] [--bench dl19] [--queries 4]

The bound is the tokens of what is said before the first candidate, read once a list, and of each candidate's text, read
once. Tokens are those that the server reports as evaluated; the answers come from no cache. The position bias of
`letters` is measured before the clock starts: that is done once a model, and its cost is a line of its own.
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

from benchmarks.rerank import VARIANTS, show
from benchmarks.rerank_cases import BENCHES, Bench, Case, Vectors, load
from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.rerank.budget import Budget, BudgetedCalls
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.letters import SHUFFLES, WINDOW, position_bias
from shortlist.agent.rerank.metered_model import MeteredModel
from shortlist.agent.rerank.prompt import ReaderPrompt
from shortlist.core.config import LlmConfig, ModelsConfig, RerankConfig
from shortlist.models.llm.embedded import EmbeddedModel
from shortlist.models.llm.loader import load_language_model

METHODS = ("yesno", "letters-raw", "list")
CANDIDATE = "\0"


def tokens(model: EmbeddedModel, text: str) -> int:
    """By the model's own tokenizer."""
    url, headers = f"{model._server.listening_address}/tokenize", {"Authorization": f"Bearer {model._key}"}
    answer = httpx.post(url, json={"content": text}, headers=headers, trust_env=False)
    return len(answer.raise_for_status().json()["tokens"])


def bound(model: EmbeddedModel, case: Case, bench: Bench, config: RerankConfig) -> tuple[int, int]:
    """The tokens of the reader's part of the yes/no prompt, and those of all candidates' texts."""
    asked = ReaderPrompt.load("yesno_wish" if case.wish else "yesno", case.profile, case.wish, bench.items, config)
    said = "\n".join(message.content for message in asked.messages(candidate=CANDIDATE)).partition(CANDIDATE)[0]
    head = [item for item in case.ranking.ids[: config.depth] if item in bench.items.videos]
    texts = [candidate_text(bench.items.videos[item], config.candidate_tokens) for item in head]
    return tokens(model, said), sum(tokens(model, text) for text in texts)


def measure(model: EmbeddedModel, bench: Bench, method: str, config: RerankConfig) -> list[dict[str, float]]:
    """The cost of each list."""
    costs = []
    for case in bench.cases.values():
        metered, start = MeteredModel(model), time.process_time()
        VARIANTS[method](RerankContext(metered, bench.items, config)).rerank(case.profile, case.wish, case.ranking)
        use = metered.use
        costs.append(
            {"prompt": use.prompt_tokens, "output": use.output_tokens, "core_s": time.process_time() - start}
        )  # fmt: skip
    return costs


def table(
    bounds: Sequence[tuple[int, int]], costs: dict[str, list[dict[str, float]]], depth: int
) -> list[dict[str, Any]]:
    """Means a list; `over` is what was read in units of the bound, `allowed` what yesno may read."""
    prefix, texts = (float(np.mean(part)) for part in zip(*bounds, strict=True))
    least = prefix + texts
    listed = float(np.mean([one["core_s"] for one in costs["list"]]))
    rows = [
        {"method": "bound", "prompt": least},
        {"method": "1.3 x bound + 20 a candidate", "prompt": 1.3 * least + 20 * depth},
    ]
    for method, found in costs.items():
        means = {name: float(np.mean([one[name] for one in found])) for name in ("prompt", "output", "core_s")}
        rows.append({"method": method, **means, "over": means["prompt"] / least, "of list": means["core_s"] / listed})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", choices=BENCHES, default="dl19")
    parser.add_argument("--model", default="qwen2.5-coder-1.5b", help="an embedded model of `shortlist models list`")
    parser.add_argument("--queries", type=int, default=4, help="so many lists, drawn at random")
    parser.add_argument("--work", type=Path, default=Path("reports/rerank"), help="folder of vectors")
    parser.add_argument("--out", type=Path, help="JSON file of the figures")
    asked = parser.parse_args()
    config = RerankConfig(depth=20, top=20)
    bench = load(asked.bench, Path(os.environ["SHORTLIST_BENCH_DATA"]), Vectors(asked.work), asked.queries)
    model = load_language_model(LlmConfig(provider="embedded", model=asked.model, threads=1), ModelsConfig())
    assert isinstance(model, EmbeddedModel)
    bounds = [bound(model, case, bench, config) for case in bench.cases.values()]
    rows = table(bounds, {method: measure(model, bench, method, config) for method in METHODS}, config.depth)
    metered, start = MeteredModel(model), time.process_time()
    position_bias(metered, WINDOW, BudgetedCalls(Budget(None)))
    once = {"prompt": float(metered.use.prompt_tokens), "core_s": time.process_time() - start}
    rows.append({"method": f"the bias, once, {SHUFFLES} windows", **once})
    show(f"{asked.bench}, {asked.model}: means over {len(bench.cases)} lists of {config.depth}", rows)
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps({"bench": asked.bench, "model": asked.model, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
