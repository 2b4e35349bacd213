"""Train the models of a home on its own events, and write them as one version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np

from shortlist.core.config import Config
from shortlist.core.errors import ModelMissing, UsageError
from shortlist.core.progress import Bars, no_bars
from shortlist.learning.acts import Acts, HiddenActs
from shortlist.learning.plan import Plan
from shortlist.learning.ranker.audit import require_unseen
from shortlist.learning.ranker.lambdamart import fit_lambdamart
from shortlist.learning.ranker.lists import TrainingLists, training_lists
from shortlist.learning.ranker.logistic import fit_logistic
from shortlist.learning.receipt import Training, receipt
from shortlist.learning.version_name import version_name
from shortlist.models.towers.item_tower import ItemTower
from shortlist.retrieval.index.act_log import ActLog
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.tower_rows import tower_cells
from shortlist.retrieval.trained.ranker import Ranker
from shortlist.retrieval.trained.versions import FOLDER, WORK, Trained, versions, write_version
from shortlist.store.home import Home
from shortlist.store.registry.decisions import NO_MODELS

LEAST_READERS = 200  # with two acts or more
EVER = 36_500.0  # days
FITS: Mapping[str, Callable[[TrainingLists], Ranker]] = {"logistic": fit_logistic, "lambdamart": fit_lambdamart}


def train(
    home: Home, config: Config, plan: Plan, bars: Bars = no_bars, verdict: Mapping[str, Any] | None = None
) -> str:
    """Train the models of `plan` on the events of `home` and return the name of their version.

    The name depends on the acts, the code and the plan: a version that exists is not trained again, and a training that
    was stopped goes on where it was. The `verdict` of a gate is kept in the receipt. Raises `UsageError` if there are
    too few readers.
    """
    acts = Acts.read(home.catalogue)
    require_enough(acts)
    name = version_of(acts, plan)
    if name in versions(home.path):
        return name
    training = Training()
    work = home.path / FOLDER / WORK
    work.mkdir(parents=True, exist_ok=True)
    snapshot = load_snapshot(home, config.retrieval.model_copy(update={"models": NO_MODELS}))
    trainer = _Trainer(home, config, plan, snapshot, work, training, bars)
    ranker = trainer.ranker(acts, FITS[plan.ranker]) if plan.ranker != "none" else None
    towers = {leg: replace(one, cells=tower_cells(one)) for leg, one in trainer.towers(acts, "all").items()}
    if gone := len(acts.readers) - len(home.catalogue.readers.get_many(acts.readers)):
        raise UsageError(
            "the models were trained on readers who were forgotten meanwhile", expected="the same readers at the end",
            found=f"{gone} fewer", remedy="run `shortlist train all` again",
        )  # fmt: skip
    trained = Trained(name, towers, ranker)
    write_version(home.path, trained, receipt(acts, trained, plan, training, verdict))
    for path in work.iterdir():
        path.unlink(missing_ok=True)  # another training may have done so
    return name


def version_of(acts: Acts, plan: Plan) -> str:
    """Return the name of the version that `plan` makes of `acts`."""
    models = "svd" if plan.tower == "none" else plan.tower
    return version_name(acts, models if plan.ranker == "none" else plan.ranker, astuple(plan))


def require_enough(acts: Acts) -> None:
    """Raise `UsageError`, which says what is missing, unless `LEAST_READERS` watched two videos or more."""
    enough = int(np.count_nonzero(acts.lengths >= 2))
    if enough < LEAST_READERS:
        raise UsageError(
            "too little to learn from",
            expected=f"{LEAST_READERS} readers with two watched videos or more",
            found=f"{enough} of {len(acts.readers)} readers",
            remedy="collect more events; the shipped weights stay in use",
        )  # fmt: skip


class _Trainer:
    """One training of one home."""

    def __init__(
        self,
        home: Home,
        config: Config,
        plan: Plan,
        snapshot: Snapshot,
        work: Path,
        training: Training,
        bars: Bars,
    ) -> None:
        self._home, self._config, self._plan, self._snapshot = home, config, plan, snapshot
        self._work, self._training, self._bars = work, training, bars

    def towers(self, acts: Acts, part: str) -> dict[str, ItemTower]:
        """Train the towers of the plan on `acts`; `part` names the acts in the progress."""
        from shortlist.learning.towers.svd import train_svd

        found: dict[str, ItemTower] = {}
        if self._plan.svd:
            with self._training.timed("svd"):
                bar = self._bars(f"svd, {part}", len(acts))
                found["svd"] = train_svd(acts, self._plan.seed)
                bar(len(acts))
        if self._plan.tower != "none":
            with self._training.timed("tower"):
                found["tower"] = self._tower(acts, part)
        return found

    def _tower(self, acts: Acts, part: str) -> ItemTower:
        from shortlist.learning.towers.text_side import TextSide

        try:
            from shortlist.learning.towers.train import TowerPlan, positions_of, train_tower
        except ImportError as error:
            raise ModelMissing(
                "PyTorch is not installed", expected="the package torch, which trains towers", found=str(error),
                remedy="run `pip install torch`, or train without a tower; in a container see docs/aws.md#images",
            ) from error  # fmt: skip

        hierarchical, triplet = self._plan.tower == "hierarchical", self._plan.tower == "triplet"
        plan = TowerPlan(
            loss="triplet" if triplet else "softmax", contexts=hierarchical,
            sessions=hierarchical,
            signals=self._plan.signals, seed=self._plan.seed,
        )  # fmt: skip
        rows = np.array([-1 if (row := self._snapshot.row(one)) is None else row for one in acts.ids], dtype=np.int64)
        text = np.zeros((len(rows), self._snapshot.dim), np.float32)
        text[rows >= 0] = self._snapshot.vectors(rows[rows >= 0])
        categories = np.where(rows >= 0, self._snapshot.columns.category.codes[rows], -1).astype(np.int64) + 1
        bar = self._bars(f"{self._plan.tower}, {part}", positions_of(acts, plan))
        checkpoint = self._work / f"tower-{acts.digest}.pt"
        return train_tower(acts, plan, categories, TextSide(text), checkpoint, bar)

    def ranker(self, acts: Acts, fit: Callable[[TrainingLists], Ranker]) -> Ranker:
        """Hide the last act of some readers, make all legs without it, and fit the ranker on their lists."""
        hidden = HiddenActs.of(acts, self._plan.readers, self._plan.seed)
        towers = self.towers(hidden.acts, "without hidden acts")
        with self._training.timed("lists"):
            snapshot = self.before(hidden, towers)
            require_unseen(snapshot, hidden, dict.fromkeys(towers, hidden.acts.digest))
            bar = self._bars("lists of candidates", len(hidden.targets))
            lists = training_lists(self._home, snapshot, hidden, self._config, self._plan.seed, bar)
        self._training.metrics |= {"lists": lists.asked, "candidate recall": round(lists.recall, 4)}
        lists.require_enough()
        with self._training.timed("ranker"):
            return fit(lists)

    def before(self, hidden: HiddenActs, towers: Mapping[str, ItemTower]) -> Snapshot:
        """Return the snapshot as it would be if the hidden acts had not happened."""
        return replace(
            self._snapshot,
            links=hidden.acts.links(),
            popular=hidden.acts.popularity(self._config.retrieval.popular_half_life_days),
            trained=Trained("training", towers),
            log=ActLog.of(self._home.catalogue.events.iterate_log(EVER)),
        )
