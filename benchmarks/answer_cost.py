"""CPU time of an answer over many videos: alone, recorded in the log of exposures, and of two interleaved variants.

    python -m benchmarks.answer_cost [--videos 100000] [--readers 400] [--home DIR]

The ways take turns, reader by reader, so that a busy machine slows all of them. All threads are counted: the one that
writes exposures, too. Texts and vectors are random: the cost depends on their number only.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.retrieval import unit
from benchmarks.scale.export_home import make_home
from shortlist.app.server_context import build_context_with_models
from shortlist.core.config import Config
from shortlist.core.ranking import Request
from shortlist.engine.build import encoder_of, language_model_of, open_home
from shortlist.serving.service.service import Service
from shortlist.store.home import Home

EVENTS = 20
WINDOWS = 20_000
WORDS = 30_000
WARM = 20  # requests that are not counted


def random_texts(seed: int = 0) -> list[str]:
    """Return texts of 120 words with the frequencies of a language (Zipf's law)."""
    draw = np.random.default_rng(seed)
    shares = 1 / np.arange(1, WORDS + 1)
    words = draw.choice(WORDS, (WINDOWS, 120), p=shares / shares.sum())
    return [" ".join(f"w{word}" for word in row) for row in words.tolist()]


def service_over(home: Path, **settings: object) -> Service:
    """Return the service of an API with these settings, which caches no answer."""
    config = Config.model_validate(
        {"home": home, "serve": {"kept_answers": 0}, "retrieval": {"threads": 1}, **settings}
    )
    store = open_home(config)
    return Service(build_context_with_models(store, config, encoder_of(config), language_model_of(store, config)))


def ways(home: Path) -> dict[str, Callable[[str], object]]:
    """Return a function that answers one reader, by its name."""
    alone, recorded = service_over(home, exposures={"keep_days": 0}), service_over(home)
    with Home.open(home) as store:
        store.catalogue.experiments.start(f"cost {time.time()}", {"name": "a"}, {"name": "b"})
        mixed = service_over(home)
        store.catalogue.experiments.end(store.catalogue.experiments.find(None).name, "stopped")

    def answer(service: Service) -> Callable[[str], object]:
        return lambda user: service.recommend(Request(user, 10, rerank="none"))

    return {"alone": answer(alone), "recorded": answer(recorded), "interleaved": answer(mixed)}


def measure(functions: dict[str, Callable[[str], object]], users: list[str]) -> dict[str, list[float]]:
    """Return the CPU milliseconds of each reader's answer, by way."""
    spent: dict[str, list[float]] = {name: [] for name in functions}
    for at, user in enumerate(users):
        names = list(functions)
        for name in names[at % len(names) :] + names[: at % len(names)]:
            began = time.process_time()
            functions[name](user)
            spent[name].append((time.process_time() - began) * 1000)
    return {name: values[WARM:] for name, values in spent.items()}


def main() -> None:
    """Make the home, measure, and print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--videos", type=int, default=100_000)
    options.add_argument("--readers", type=int, default=400)
    options.add_argument("--home", type=Path, default=Path("build/answer-cost"))
    chosen = options.parse_args()
    vectors = unit(np.random.default_rng(0).normal(size=(WINDOWS, 384)))
    make_home(chosen.home, random_texts(), vectors, chosen.videos, chosen.readers, EVENTS)
    spent = measure(ways(chosen.home), [f"reader-{at:07d}" for at in range(chosen.readers)])
    table = Table("way", "core-ms p50", "mean", "of alone, mean")
    base = float(np.mean(spent["alone"]))
    for name, values in spent.items():
        table.add_row(name, f"{np.median(values):.2f}", f"{np.mean(values):.2f}", f"{np.mean(values) / base:.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()
