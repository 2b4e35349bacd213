"""From a SPEC to its task."""

from __future__ import annotations

from shortlist.core.config import Config
from shortlist.core.errors import UsageError
from shortlist.eval.data.specs import SPECS, load
from shortlist.eval.factories import Factories
from shortlist.eval.tasks import from_home, simulated
from shortlist.eval.tasks.from_files import task_of
from shortlist.eval.tasks.home import cache_root
from shortlist.eval.tasks.task import Task


def load_task(spec: str, config: Config, parts: Factories) -> Task:
    """The task that `spec` names; the home of `config` is opened only where it is about that home.

    Raises `UsageError` for an unknown kind, a folder or a number that is wrong, `RecordError` for wrong files.
    """
    kind, _, rest = spec.partition(":")
    if kind in SPECS:
        return task_of(load(spec))
    if spec == from_home.KIND:
        with parts.home(config) as home:
            return from_home.events_task(home)
    if kind == simulated.KIND and rest.isdecimal() and int(rest) > 0:
        with parts.home(config) as home:
            return simulated.simulated_task(
                home, int(rest), config.eval.seed, cache_root(config), parts.encoder(config)
            )
    known = ", ".join([*(f"{kind}:DIR" for kind in SPECS), from_home.KIND, f"{simulated.KIND}:N"])
    raise UsageError("unknown data set", expected=f"one of {known}", found=repr(spec), remedy="correct --data")
