"""Train a tower: the next video at every position of a reader's history, by sampled softmax or triplets."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from shortlist.learning.acts import Acts
from shortlist.learning.towers.network import TowerNetwork, log_inclusion, sampled_softmax, triplet_loss
from shortlist.learning.towers.svd import factors
from shortlist.learning.towers.text_side import TextSide, with_text_side
from shortlist.learning.towers.windows import EMPTY, Windows, ages_before, sessions_before, windows_of
from shortlist.models.towers.item_tower import ItemTower

Ints = npt.NDArray[np.int64]
LOSSES = {"softmax": sampled_softmax, "triplet": triplet_loss}


@dataclass(frozen=True, slots=True)
class TowerPlan:
    """The settings of a training. `contexts` adds category vectors and `sessions` the means of sessions.

    `signals` lets dwell time, likes and age count. There are `epochs`, and on few acts as many as make `steps` steps of
    the optimiser.
    """

    d: int = 96
    loss: Literal["softmax", "triplet"] = "softmax"
    contexts: bool = False
    sessions: bool = False
    signals: bool = False
    dropout: float = 0.2
    positions: int = 1024
    uniform: int = 160
    rate: float = 0.003
    epochs: int = 3
    steps: int = 100
    seed: int = 0


def train_tower(
    acts: Acts,
    plan: TowerPlan,
    categories: Ints | None = None,
    text: TextSide | None = None,
    checkpoint: Path | None = None,
    progress: Callable[[int], None] = lambda positions: None,
) -> ItemTower:
    """Train on `acts` in one thread; the same acts and plan give the same tower.

    `categories`, int64[n], has a code for each video, 0 for none. `text` gives vectors to videos that nobody watched.
    After each epoch the state is written to `checkpoint`, and a training that finds it there goes on from it.
    `progress` is called with the number of positions just learned.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(plan.seed)
            trainer = _Trainer(acts, plan, categories, checkpoint, progress)
            for epoch in range(trainer.done, epochs_of(acts, plan)):
                trainer.run(epoch)
    finally:
        torch.set_num_threads(threads)
    tower = trainer.tower()
    return with_text_side(tower, acts, text) if text is not None else tower


def epochs_of(acts: Acts, plan: TowerPlan) -> int:
    """Return the number of times that a training learns from every act."""
    batches = max(1, round(_positions(acts) / plan.positions))
    return max(plan.epochs, math.ceil(plan.steps / batches))


def positions_of(acts: Acts, plan: TowerPlan) -> int:
    """Return the number of positions that a training learns, for a progress bar."""
    return epochs_of(acts, plan) * _positions(acts)


def _positions(acts: Acts) -> int:
    return int(np.maximum(acts.lengths - 1, 0).sum())


class _Trainer:
    """The state of one training: network, optimiser, and the number of epochs done."""

    def __init__(
        self,
        acts: Acts,
        plan: TowerPlan,
        categories: Ints | None,
        checkpoint: Path | None,
        progress: Callable[[int], None],
    ) -> None:
        self._acts, self._plan, self._checkpoint, self._progress = acts, plan, checkpoint, progress
        self._windows: Windows = windows_of(acts)
        n = len(acts.ids)
        targets = self._windows.items[self._windows.fresh]
        counts = np.bincount(targets, minlength=n).astype(np.float32)
        self._frequency = torch.from_numpy(counts / max(1.0, float(counts.sum())))
        contexts = torch.from_numpy(categories) if plan.contexts and categories is not None else None
        inputs, outputs = factors(acts, plan.d, plan.seed)
        self._network = TowerNetwork(
            inputs, outputs, contexts=contexts, sessions=plan.sessions,
            signals=plan.signals, dropout=plan.dropout,
        )  # fmt: skip
        trained = [parameter for parameter in self._network.parameters() if parameter.requires_grad]
        self._optimiser = torch.optim.Adam(trained, lr=plan.rate, foreach=True)
        self._steps = max(1, epochs_of(acts, plan) * sum(1 for _ in self._windows.batches(plan.positions, 0)))
        self._step = 0
        self.done = self._resume()

    def run(self, epoch: int) -> None:
        """Learn from every window once."""
        torch.manual_seed(self._plan.seed * 1000 + epoch)
        draw = np.random.default_rng([self._plan.seed, epoch])
        self._network.train()
        for rows in self._windows.batches(self._plan.positions, self._plan.seed * 1000 + epoch):
            rate = self._plan.rate * (1 - self._step / self._steps)
            for group in self._optimiser.param_groups:
                group["lr"] = rate
            self._optimiser.zero_grad(set_to_none=True)
            loss, positions = self._loss(rows, draw)
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()
            self._step += 1
            self._progress(positions)
        self.done = epoch + 1
        self._save()

    def _loss(self, rows: Ints, draw: np.random.Generator) -> tuple[torch.Tensor, int]:
        windows, network = self._windows, self._network
        items, fresh = windows.items[rows], windows.fresh[rows]
        uniform = draw.integers(len(self._acts.ids), size=self._plan.uniform)
        targets = items[fresh]
        candidates = np.unique(np.concatenate((targets, uniform)))
        owner = np.nonzero(fresh)[0]
        readers = network.readers(
            torch.from_numpy(items),
            torch.from_numpy(windows.codes[rows]),
            torch.from_numpy(ages_before(windows.seconds[rows])),
            *(torch.from_numpy(array) for array in sessions_before(windows.seconds[rows])),
        )[torch.from_numpy(fresh)]
        places = torch.from_numpy(np.searchsorted(candidates, targets))
        masked = torch.from_numpy(_watched(items, candidates)[owner])
        masked[torch.arange(len(places)), places] = False
        log_q = log_inclusion(self._frequency, len(targets), self._plan.uniform)
        loss = LOSSES[self._plan.loss](readers, places, torch.from_numpy(candidates), masked, log_q, network)
        return loss, len(targets)

    def tower(self) -> ItemTower:
        """Return the trained tables and weights."""
        network = self._network.eval()
        every = torch.arange(len(self._acts.ids))
        with torch.no_grad():
            arrays = (
                network.item_inputs(every), network.item_outputs(every), network.bias,
                network.recency, network.acts, network.ages, network.sessions,
            )  # fmt: skip
            inputs, outputs, bias, recency, acts, ages, sessions = (array.detach().numpy().copy() for array in arrays)
        none = np.empty((0, self._plan.d), np.float32)
        return ItemTower(
            self._acts.ids, inputs, outputs, bias, recency, acts, ages, none, none, np.zeros(1, np.float32), sessions
        )

    def _key(self) -> str:
        return f"{self._acts.digest} {self._plan}"

    def _save(self) -> None:
        if self._checkpoint is None:
            return
        state = {
            "key": self._key(), "done": self.done, "step": self._step,
            "network": self._network.state_dict(), "optimiser": self._optimiser.state_dict(),
        }  # fmt: skip
        fresh = self._checkpoint.with_name(f"{self._checkpoint.name}.{os.getpid()}.new")
        torch.save(state, fresh)
        fresh.replace(self._checkpoint)

    def _resume(self) -> int:
        if self._checkpoint is None or not self._checkpoint.exists():
            return 0
        try:
            state: dict[str, Any] = torch.load(self._checkpoint, weights_only=True)
        except Exception:  # noqa: BLE001 - torch raises many kinds of errors for a damaged file; training starts anew
            return 0
        if state.get("key") != self._key():
            return 0
        self._network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._step = state["step"]
        done: int = state["done"]
        return done


def _watched(items: Ints, candidates: Ints) -> npt.NDArray[np.bool_]:
    """Return bool[w, c]: True where a window, a row of `items`, has the candidate."""
    found = np.zeros((len(items), len(candidates) + 1), dtype=np.bool_)
    places = np.searchsorted(candidates, items)
    places[(items == EMPTY) | (candidates[np.minimum(places, len(candidates) - 1)] != items)] = len(candidates)
    found[np.arange(len(items))[:, None], places] = True
    return found[:, :-1]
