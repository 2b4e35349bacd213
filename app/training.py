"""Train models: through the gate on a home, or on the past of an evaluation data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from shortlist.core.config import Config
from shortlist.core.progress import Bars
from shortlist.engine.build import evaluation_factories
from shortlist.eval.gate import judge, judge_refresh
from shortlist.eval.tasks.home import open_task_home
from shortlist.eval.tasks.specs import load_task
from shortlist.eval.tasks.task import Task
from shortlist.eval.tuning.on_home import tune_on_home, tune_version, weights_version
from shortlist.eval.variants import Variant
from shortlist.learning.acts import Acts
from shortlist.learning.plan import Plan
from shortlist.learning.receipt import Training
from shortlist.learning.train import require_enough, train, version_of
from shortlist.retrieval.trained.versions import (
    holds_traces,
    promote,
    promoted,
    read_receipt,
    read_version,
    registry,
    versions,
    write_version,
)
from shortlist.store.home import Home
from shortlist.store.lock import locked
from shortlist.store.registry.decisions import NO_MODELS

RETRAINED = "trained again without forgotten readers"
LOCK = "training.lock"


@dataclass(frozen=True, slots=True)
class Challenger:
    """What `plan` would make of the events of `home`: models, or tuned weights of the legs if it is None."""

    home: Home
    config: Config
    plan: Plan | None
    bars: Bars

    @property
    def made_by(self) -> dict[str, Any] | None:
        """The plan as in receipts."""
        return asdict(self.plan) if self.plan else None

    def version(self, acts: Acts) -> str:
        """Return the name of the version that is made of `acts`."""
        return version_of(acts, self.plan) if self.plan else weights_version(acts, self.config)

    def train(self, verdict: Mapping[str, Any] | None = None) -> str:
        """Train on all events, with the `verdict` in the receipt, and return the name of the version."""
        if self.plan:
            return train(self.home, self.config, self.plan, self.bars, verdict)
        return tune_version(self.home, self.config, evaluation_factories(), self.bars, verdict)

    def judge(self, acts: Acts) -> dict[str, Any]:
        """Compare with what is in use, or approved to be next; return the verdict.

        Another plan is compared on the newest day and week, the same plan by the later half of what is new in `acts`.
        """
        versions, factories = registry(self.home.path), evaluation_factories()
        current, challenger = versions.waiting() or versions.champion(), self._contestant("challenger", self.made_by)
        champion: Callable[[Task], Variant] = self._shipped
        if current != NO_MODELS:
            receipt = versions.receipt(current)
            known = datetime.fromisoformat(receipt["data"].get("until") or receipt["at"])  # older ones have no `until`
            cut = acts.middle_after(known)
            if receipt["plan"] == self.made_by and cut is not None:
                as_it_is = self._as_it_is(current)
                return judge_refresh(self.home, cut, as_it_is, challenger, self.config, factories, self.bars).document()
            champion = self._contestant("champion", receipt["plan"])
        return judge(self.home, champion, challenger, self.config, factories, self.bars).document()

    @staticmethod
    def _shipped(_task: Task) -> Variant:
        return Variant(name="champion")

    def _as_it_is(self, version: str) -> Callable[[Task], Variant]:
        def contestant(task: Task) -> Variant:
            encoder = evaluation_factories().encoder(self.config)
            with open_task_home(task, Variant(name="default"), self.config, encoder, self.bars) as past:
                if version not in versions(past.path):
                    receipt = read_receipt(self.home.path, version)
                    write_version(past.path, read_version(self.home.path, version), receipt)
            return Variant(name="champion", retrieval={"models": version})

        return contestant

    def _contestant(self, name: str, plan: Mapping[str, Any] | None) -> Callable[[Task], Variant]:
        if plan is not None:
            return lambda _: Variant(name=name, trains=Plan(**plan))
        return lambda task: Variant(name=name, retrieval={"weights": self._tuned_on_past(task)})

    def _tuned_on_past(self, task: Task) -> dict[str, float]:
        factories = evaluation_factories()
        default, encoder = Variant(name="default"), factories.encoder(self.config)
        with open_task_home(task, default, self.config, encoder, self.bars) as past:
            return tune_on_home(past, self.config, factories, self.bars, Training())


def train_and_judge(
    home: Home, config: Config, plan: Plan | None, bars: Bars, *, gate: bool, promotes: bool = True
) -> dict[str, Any]:
    """Train `plan` on all events of `home`; None tunes the weights. Return the receipt, with `version` and `state`.

    With `gate`, the plan is first judged on the newest day and week. A version that is better is approved, unless
    `pipeline.approval` is "hand", and promoted if `promotes`. A version that exists is neither trained nor judged
    again. If the version in use holds traces of forgotten readers, a new one of the same plan is promoted without a
    gate. The oldest versions but `pipeline.keep_versions` are deleted. Raises `HomeLocked` at once if another process
    trains on this home, and as `learning.train.train`.
    """
    remedy = "wait until it has ended, and train again if there are new events"
    with locked(home.path / LOCK, "models are being trained already", remedy):
        name = _train_and_judge(home, config, plan, bars, gate, promotes)
        registry(home.path).prune(config.pipeline.keep_versions)
    state = next(one.state for one in registry(home.path).versions() if one.name == name)
    return {"version": name, "state": state, **registry(home.path).receipt(name)}


def _train_and_judge(home: Home, config: Config, plan: Plan | None, bars: Bars, gate: bool, promotes: bool) -> str:
    acts = Acts.read(home.catalogue)
    require_enough(acts)
    challenger, versions = Challenger(home, config, plan, bars), registry(home.path)
    version, current = challenger.version(acts), promoted(home.path)
    if holds_traces(home.path, current) and read_receipt(home.path, current)["plan"] == challenger.made_by:
        if version == current:  # the forgotten readers had watched nothing, and were only shown videos
            promote(home.path, NO_MODELS, RETRAINED)
        challenger.train()
        promote(home.path, version, RETRAINED)
    elif version not in versions.names():
        verdict = challenger.judge(acts) if gate else None
        challenger.train(verdict)
        if verdict and verdict["promoted"] and config.pipeline.approval == "gate":
            versions.approve(version, verdict["why"])
            if promotes:
                promote(home.path, version, verdict["why"])
    return version


def train_on(spec: str, config: Config, plan: Plan, bars: Bars) -> dict[str, Any]:
    """Train `plan` on the past of the data set `spec` and return the receipt, with the name as `version`.

    The version is kept with the data set in the cache of `eval`, where the variants that train find it. Nothing is
    judged or promoted. Raises as `eval.tasks.specs.load_task` and `learning.train.train`.
    """
    factories = evaluation_factories()
    task = load_task(spec, config, factories)
    with open_task_home(task, Variant(name="default"), config, factories.encoder(config), bars) as home:
        version = train(home, config, plan, bars)
        return {"version": version, **read_receipt(home.path, version)}
