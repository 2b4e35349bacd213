"""Prove the statistics of experiments on simulated readers whose taste, and so the truth, is known.

    python -m benchmarks.experiment_simulation [--runs 1000] [--lists 1000] [--sessions 1000] [--out FILE.json]

Coverage: lists are explored by our own code, and readers choose by taste and place. The share of the 95 % intervals
that hold the true value of another ranking. False alarms: two rankings that are equally good are interleaved by our own
code, and the test is looked at after each session; that of split readers, after each list. Power: the sessions that
interleaving needs to find a difference, and those that a split of the readers needs for the same one with the same
certainty (80 % power at 5 %).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import norm

from shortlist.agent.experiment.exploration import POOL, explore
from shortlist.agent.experiment.team_draft import team_draft
from shortlist.eval.offpolicy.estimators import Estimate, LoggedPlaces, doubly_robust, ips, snips
from shortlist.eval.stats.sequential import sign_test
from shortlist.eval.stats.split_test import split_test

K = 5
SHARE = 0.5  # of the places are explored
N_ITEMS = K + POOL
EXAMINED = 1 / np.log2(np.arange(2, 52))  # probability that a reader looks at a place
MEAN_TASTE = 0.25
ESTIMATORS: dict[str, Callable[[LoggedPlaces], Estimate]] = {"ips": ips, "snips": snips, "doubly robust": doubly_robust}
ITEMS = [str(item) for item in range(60)]


@dataclass(frozen=True, slots=True)
class World:
    """Readers' tastes, and rankings that know them up to a noise."""

    rng: np.random.Generator

    def tastes(self, readers: int, items: int) -> np.ndarray[Any, Any]:
        """Return float[readers, items]: the probability that an item is chosen once it is looked at."""
        return self.rng.beta(1, 1 / MEAN_TASTE - 1, (readers, items))

    def ranking(self, tastes: np.ndarray[Any, Any], noise: float) -> np.ndarray[Any, Any]:
        """Return int[readers, items]: items by taste and noise, best first."""
        return np.argsort(-(tastes + self.rng.normal(0, noise, tastes.shape)), axis=1)


def coverage(runs: int, lists: int, seed: int = 0) -> dict[str, float]:
    """Return the share of intervals that hold the truth, by estimator."""
    world = World(np.random.default_rng(seed))
    truth = _truth(world)
    hits: Counter[str] = Counter()
    for run in range(runs):
        places = logged(world, lists, Random(seed * 1_000_003 + run))
        for name, estimator in ESTIMATORS.items():
            found = estimator(places)
            hits[name] += found.low <= truth <= found.high
    return {name: hits[name] / runs for name in ESTIMATORS}


def logged(world: World, lists: int, draw: Random) -> LoggedPlaces:
    """Return the log of explored lists, and where another ranking agrees."""
    tastes = world.tastes(lists, N_ITEMS)
    ours, theirs = world.ranking(tastes, 0.3), world.ranking(tastes, 0.1)
    shown = [explore(ITEMS[:N_ITEMS], K, SHARE, draw) for _ in range(lists)]  # names are places of our ranking
    ranks = np.array([[int(item) for item, _ in one] for one in shown])
    items = np.take_along_axis(ours, ranks, axis=1)
    chance = np.take_along_axis(tastes, items, axis=1) * EXAMINED[:K]
    return LoggedPlaces(
        lists,
        np.repeat(np.arange(lists), K),
        np.tile(np.arange(K), lists),
        (items == theirs[:, :K]).astype(np.float64).ravel(),
        np.array([[propensity for _, propensity in one] for one in shown]).ravel(),
        (world.rng.random(chance.shape) < chance).astype(np.float64).ravel(),
    )


def _truth(world: World, lists: int = 2_000_000) -> float:
    """Return the mean choices from a list of the other ranking."""
    total, block = 0.0, 100_000
    for _ in range(lists // block):
        tastes = world.tastes(block, N_ITEMS)
        best = world.ranking(tastes, 0.1)[:, :K]
        total += float((np.take_along_axis(tastes, best, axis=1) * EXAMINED[:K]).sum())
    return total / lists


def interleaved(tastes: Any, a: Any, b: Any, world: World, draw: Random, k: int = 10) -> int:
    """Return the outcome of one session: the sign of what was chosen from `b` less what was chosen from `a`."""
    drafted = team_draft([str(one) for one in a], [str(one) for one in b], k, draw)
    chosen = world.rng.random(k) < tastes[[int(item) for item, _ in drafted]] * EXAMINED[:k]
    sides = np.array([1 if variant == "b" else -1 for _, variant in drafted])
    return int(np.sign(sides[chosen].sum()))


def false_alarms(runs: int, sessions: int, seed: int = 1) -> float:
    """Return the share of experiments with equally good rankings in which a winner is found at any session."""
    world, draw = World(np.random.default_rng(seed)), Random(seed)
    alarms = 0
    for _ in range(runs):
        tastes = world.tastes(sessions, 40)
        a, b = world.ranking(tastes, 0.2), world.ranking(tastes, 0.2)
        outcomes = [interleaved(tastes[at], a[at], b[at], world, draw) for at in range(sessions)]
        alarms += sign_test(outcomes).winner is not None
    return alarms / runs


def split_looks(runs: int, readers: int, factor: float, seed: int = 4) -> dict[str, float]:
    """Return how often the test of split readers finds a winner, looked at after each list, and its bounds hold.

    Readers differ in appetite and in how often they come; those of one half choose `factor` times as much.
    """
    found = held = 0
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        appetite, in_b = rng.gamma(1.0, 0.5, readers), rng.random(readers) < 0.5
        visits = rng.permutation(np.repeat(np.arange(readers), 1 + rng.poisson(5 * rng.exponential(1.0, readers))))
        chosen = rng.poisson(appetite[visits] * np.where(in_b[visits], factor, 1.0))
        sides = ("b" if one else "a" for one in in_b[visits])
        test = split_test(zip(sides, map(str, visits), chosen.tolist(), strict=True))
        found += test.winner is not None
        held += test.low <= 0.5 * (factor - 1) <= test.high
    return {"a winner is found": found / runs, "the bounds hold the truth": held / runs}


def power(noise_a: float, noise_b: float, *, alike: bool, sessions: int = 60_000, seed: int = 2) -> dict[str, float]:
    """Return the sessions that each design needs to find that `b` is better than `a`.

    Unless all readers are `alike`, they differ in how often they choose: by a factor with the mean and deviation 1.
    """
    world, draw, k = World(np.random.default_rng(seed)), Random(seed), 10
    tastes = world.tastes(sessions, 40)
    a, b = world.ranking(tastes, noise_a), world.ranking(tastes, noise_b)
    if not alike:
        tastes = np.minimum(tastes * world.rng.exponential(1.0, (sessions, 1)), 1.0)
    outcomes = np.array([interleaved(tastes[at], a[at], b[at], world, draw) for at in range(sessions)])
    chances = [np.take_along_axis(tastes, one[:, :k], axis=1) * EXAMINED[:k] for one in (a, b)]
    chosen_a, chosen_b = ((world.rng.random(one.shape) < one).sum(axis=1) for one in chances)
    certain = (norm.ppf(0.975) + norm.ppf(0.8)) ** 2
    together = certain * outcomes.var() / outcomes.mean() ** 2
    apart = 2 * certain * (chosen_a.var() + chosen_b.var()) / (chosen_b.mean() - chosen_a.mean()) ** 2
    return {
        "choices a list, a": float(chosen_a.mean()),
        "choices a list, b": float(chosen_b.mean()),
        "interleaving, sessions": float(together),
        "split, sessions": float(apart),
        "times fewer": float(apart / together),
        "until the test decides, median": _median_decision(outcomes),
    }


def _median_decision(outcomes: np.ndarray[Any, Any], runs: int = 40, longest: int = 3000) -> float:
    """Return the median number of sessions after which the sequential test has decided."""
    rng = np.random.default_rng(3)
    needed = []
    for _ in range(runs):
        drawn = rng.choice(outcomes, longest)
        low, high = 1, longest
        while low < high:  # once decided, it stays decided
            middle = (low + high) // 2
            low, high = (low, middle) if sign_test(drawn[:middle].tolist()).winner else (middle + 1, high)
        needed.append(low)
    return float(np.median(needed))


def main() -> None:
    """Simulate, print tables, and write JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=1000)
    options.add_argument("--lists", type=int, default=1000)
    options.add_argument("--sessions", type=int, default=1000)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    found = {
        "coverage of 95 % intervals": coverage(chosen.runs, chosen.lists),
        "false alarms, looked at after each session": {"share": false_alarms(chosen.runs, chosen.sessions)},
        "split readers who choose alike, looked at after each list": split_looks(chosen.runs, 400, 1.0),
        "split readers, one half chooses 1.6 times as much": split_looks(chosen.runs, 400, 1.6),
        "a small difference, readers who choose as often": power(0.3, 0.2, alike=True),
        "a small difference, readers who do not": power(0.3, 0.2, alike=False),
        "a large difference, readers who do not": power(0.5, 0.15, alike=False),
    }
    for title, values in found.items():
        table = Table(title, "")
        for name, value in values.items():
            table.add_row(name, f"{value:,.3f}")
        Console().print(table)
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
