"""Judge a variant by a log of exposures of a real home, and compare with the truth, which simulated readers tell.

    python -m benchmarks.offline_truth HOME VARIANT [--k 5] [--explore 0.5] [--seed 0] [--out FILE.json]

HOME needs simulated readers (`shortlist ops simulate --readers 2000`) and stays as it is. Each of them is shown one
list of a copy of the home, with explored places, and chooses by taste and place. Then `eval offline` judges VARIANT, a
name in the variants file or a TOML file of settings, by that log. The truth is what the same readers would choose from
the lists of VARIANT, on average.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from shortlist.agent.recommend import Recommender
from shortlist.core.config import Config, ExposuresConfig
from shortlist.core.json_documents import answer_document
from shortlist.core.ranking import Request
from shortlist.core.types import Event
from shortlist.engine.build import open_exposure_log, open_home, open_live_recommender, open_recommender
from shortlist.eval.live_variant import live_variant
from shortlist.eval.offpolicy.offline import Offline, judge
from shortlist.eval.variants import SHIPPED, Variant, load_variants
from shortlist.ingest.simulate.tastes import Taste, Tastes
from shortlist.store.home import Home

EXAMINED = 1 / np.log2(np.arange(2, 52))  # probability that a reader looks at a place
KEEN = 0.6  # probability that a reader chooses the best video of all once they look at it


class Crowd:
    """The simulated readers of a home: what they choose, and with which probability."""

    def __init__(self, tastes: Tastes, recommender: Recommender, seed: int) -> None:
        snapshot = recommender.snapshot
        ids = [item for part in snapshot.parts for item in part.live_ids()]
        vectors = snapshot.vectors_of("video", ids)
        self._ids = [item for item in ids if item in vectors]
        self._vectors = np.stack([vectors[item] for item in self._ids])
        self._tastes = {taste.user_id: taste for taste in tastes.readers}
        self._scale = tastes.scale
        self._rng = np.random.default_rng(seed)

    @property
    def readers(self) -> list[str]:
        """The ids of the readers."""
        return list(self._tastes)

    def chances(self, user_id: str, shown: Sequence[str]) -> np.ndarray[Any, Any]:
        """Return float[n]: the probability that the reader chooses each video of a list, which falls with its place."""
        taste: Taste = self._tastes[user_id]
        utility = taste.utility(self._vectors, self._scale)
        share = dict(zip(self._ids, utility.argsort().argsort() / len(self._ids), strict=True))
        return KEEN * np.array([share[item] ** 4 for item in shown]) * EXAMINED[: len(shown)]

    def choose(self, user_id: str, shown: Sequence[str]) -> list[str]:
        """Return what the reader chooses from a list."""
        chances = self.chances(user_id, shown)
        return [item for item, chosen in zip(shown, self._rng.random(len(shown)) < chances, strict=True) if chosen]


def simulate(home: Home, config: Config, variant: Variant, k: int, seed: int) -> tuple[float, float]:
    """Show a list to every simulated reader and store what they choose.

    Return the mean choices that the readers would make, of the lists of the home and of those of `variant`.
    """
    live = open_live_recommender(home, config)
    ours, theirs = open_recommender(home, config), open_recommender(home, variant.apply_to(config))
    tastes = Tastes.load(home.path)
    if tastes is None:
        raise SystemExit("the home has no simulated readers: run `shortlist ops simulate --readers 2000` on it")
    crowd, events, values = Crowd(tastes, live, seed), [], []
    with open_exposure_log(home, config) as log:
        for user_id in crowd.readers:
            request = Request(user_id, k, rerank="none")
            answer = live.recommend(request)
            request_id = log.record(request, answer_document(answer))
            now = datetime.now(UTC)
            events += [
                Event(user_id, item, "video", "click", now, request_id=request_id)
                for item in crowd.choose(user_id, [one.video.id for one in answer.recommendations])
            ]
            lists = [[one.video.id for one in other.recommend(request).recommendations] for other in (ours, theirs)]
            values.append([crowd.chances(user_id, one).sum() for one in lists])
            if len(values) % 1000 == 0:
                log.flush()
    home.catalogue.events.add(events)
    own, other = np.mean(values, axis=0)
    return float(own), float(other)


def main() -> None:
    """Simulate, judge, print a table, and write JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("home", type=Path)
    options.add_argument("variant")
    options.add_argument("--k", type=int, default=5)
    options.add_argument("--explore", type=float, default=0.5)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(chosen.home, Path(folder, "home"))
        config = Config(home=copy, exposures=ExposuresConfig(explore=chosen.explore))
        variant = live_variant(chosen.variant, load_variants(SHIPPED), config)
        with open_home(config) as home:
            own, truth = simulate(home, config, variant, chosen.k, chosen.seed)
            found = judge(
                home.catalogue, variant.name, variant.live_method,
                lambda records: open_recommender(home, variant.apply_to(config), records),
            )  # fmt: skip
    _print(found, own, truth)
    if chosen.out:
        document = {**found.document, "truth": truth, "truth of the home's own lists": own}
        chosen.out.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def _print(found: Offline, own: float, truth: float) -> None:
    table = Table("choices a list", "", "95 %")
    table.add_row("truth", f"{truth:.3f}", "")
    for name, one in found.estimates.items():
        table.add_row(name, f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}")
    table.add_row("logged lists, explored", f"{found.logged.value:.3f}", "")
    table.add_row("the home's own lists, truth", f"{own:.3f}", "")
    table.add_row("lists", f"{found.lists:,}", f"worth {found.size:,.0f} places")
    table.add_row("support", f"{found.support.value:.1%}", found.refused or "")
    Console().print(table)


if __name__ == "__main__":
    main()
