"""Train models: through the gate on a home, or on the past of an evaluation data set."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from shortlist.core.config import Config
from shortlist.core.progress import Bars
from shortlist.store.home import Home

RETRAINED = "trained again without forgotten readers"

if TYPE_CHECKING:
    from shortlist.eval.variants import Variant
    from shortlist.learning.plan import Plan


def train_and_judge(home: Home, config: Config, plan: Plan, bars: Bars, *, gate: bool) -> dict[str, Any]:
    """Train `plan` on all events of `home` and return the receipt of the version, with its name as `version`.

    With `gate`, the plan is first judged on the newest day and week, and the version promoted if it is better. A
    version that exists is neither trained nor judged again. If the version in use holds traces of forgotten readers, a
    new one of the same plan is promoted without a gate. Raises as `learning.train.train`.
    """
    from shortlist.learning.acts import Acts
    from shortlist.learning.train import require_enough, train
    from shortlist.learning.version_name import version_name
    from shortlist.retrieval.trained.versions import NO_MODELS, holds_traces, promote, promoted, read_receipt, versions

    acts = Acts.read(home.catalogue)
    require_enough(acts)
    version = version_name(acts, plan)
    current = promoted(home.path)
    if holds_traces(home.path, current) and read_receipt(home.path, current)["plan"] == asdict(plan):
        if version == current:  # the forgotten readers had watched nothing, and were only shown videos
            promote(home.path, NO_MODELS, RETRAINED)
        train(home, config, plan, bars)
        promote(home.path, version, RETRAINED)
    elif version not in versions(home.path):
        verdict = _judge(home, config, plan, bars) if gate else None
        train(home, config, plan, bars, verdict)
        if verdict and verdict["promoted"]:
            promote(home.path, version, verdict["why"])
    return {"version": version, **read_receipt(home.path, version)}


def train_on(spec: str, config: Config, plan: Plan, bars: Bars) -> dict[str, Any]:
    """Train `plan` on the past of the data set `spec` and return the receipt, with the name as `version`.

    The version is kept with the data set in the cache of `eval`, where the variants that train find it. Nothing is
    judged or promoted. Raises as `eval.tasks.specs.load_task` and `learning.train.train`.
    """
    from shortlist.app.build import evaluation_factories
    from shortlist.eval.tasks.home import open_task_home
    from shortlist.eval.tasks.specs import load_task
    from shortlist.eval.variants import Variant
    from shortlist.learning.train import train
    from shortlist.retrieval.trained.versions import read_receipt

    factories = evaluation_factories()
    task = load_task(spec, config, factories)
    with open_task_home(task, Variant(name="default"), config, factories.encoder(config), bars) as home:
        version = train(home, config, plan, bars)
        return {"version": version, **read_receipt(home.path, version)}


def _judge(home: Home, config: Config, plan: Plan, bars: Bars) -> dict[str, Any]:
    from shortlist.app.build import evaluation_factories
    from shortlist.eval.gate import judge
    from shortlist.eval.variants import Variant

    challenger = Variant(name="challenger", trains=plan)
    return judge(home, _champion(home), challenger, config, evaluation_factories(), bars).document()


def _champion(home: Home) -> Variant:
    from shortlist.eval.variants import Variant
    from shortlist.learning.plan import Plan
    from shortlist.retrieval.trained.versions import NO_MODELS, promoted, read_receipt

    current = promoted(home.path)
    trains = None if current == NO_MODELS else Plan(**read_receipt(home.path, current)["plan"])
    return Variant(name="champion", trains=trains)
