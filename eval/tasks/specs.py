"""Load the task of a SPEC."""

from __future__ import annotations

from shortlist.core.config import Config
from shortlist.core.errors import UsageError
from shortlist.eval.data.specs import SPECS, load
from shortlist.eval.factories import Factories
from shortlist.eval.tasks import from_home, simulated
from shortlist.eval.tasks.from_files import task_of
from shortlist.eval.tasks.home import cache_root
from shortlist.eval.tasks.task import Task


def load_task(spec: str, config: Config, factories: Factories) -> Task:
    """Load the task of `spec`. The home of `config` is opened for `events` and `simulated:N` only.

    Raises `UsageError` for an unknown kind, folder or number, `RecordError` for bad files.
    """
    kind, _, rest = spec.partition(":")
    if kind in SPECS:
        return task_of(load(spec))
    if spec == from_home.KIND:
        with factories.home(config) as home:
            return from_home.events_task(home)
    if kind == simulated.KIND and rest.isdecimal() and int(rest) > 0:
        with factories.home(config) as home:
            return simulated.simulated_task(
                home, int(rest), config.eval.seed, cache_root(config), factories.encoder(config)
            )
    specs = ", ".join([*(f"{kind}:DIR" for kind in SPECS), from_home.KIND, f"{simulated.KIND}:N"])
    raise UsageError("unknown data set", expected=f"one of {specs}", found=repr(spec), remedy="correct --data")
