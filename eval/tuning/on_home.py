"""Tune the legs' weights on the events of a home, and write them as a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shortlist.core.config import Config
from shortlist.core.progress import Bars, no_bars
from shortlist.eval.factories import Factories
from shortlist.eval.tasks.from_home import events_task
from shortlist.eval.tuning.tune import tune
from shortlist.learning.acts import Acts
from shortlist.learning.receipt import Training, receipt
from shortlist.learning.version_name import version_name
from shortlist.retrieval.trained.versions import Trained, versions, write_version
from shortlist.store.home import Home
from shortlist.store.registry.decisions import NO_MODELS

KIND = "weights"
METRIC = "nDCG@10"
QUERIES = 600  # readers, at most


def tune_on_home(home: Home, config: Config, factories: Factories, bars: Bars, training: Training) -> dict[str, float]:
    """Return the weights that rank best what the readers of `home` chose in the newest fifth of its events.

    Figures of readers on whom the weights were not chosen go into `training`. Raises as `events_task`.
    """
    untrained = config.model_copy(update={"retrieval": config.retrieval.model_copy(update={"models": NO_MODELS})})
    task = events_task(home, name=f"of-{home.home_id}")
    with training.timed("tuning"):
        tuned = tune(task.sampled(QUERIES, config.eval.seed), METRIC, untrained, factories, bars=bars)
    training.metrics |= {f"{METRIC} {name}": round(value, 4) for name, value in tuned.held_out_score.items()}
    weights: dict[str, float] = tuned.settings["retrieval"]["weights"]
    return weights


def tune_version(
    home: Home, config: Config, factories: Factories, bars: Bars = no_bars, verdict: Mapping[str, Any] | None = None
) -> str:
    """Tune the weights on the events of `home` and return the name of their version, as `learning.train.train` does."""
    acts = Acts.read(home.catalogue)
    name = weights_version(acts, config)
    if name not in versions(home.path):
        training = Training()
        trained = Trained(name, weights=tune_on_home(home, config, factories, bars, training))
        write_version(home.path, trained, receipt(acts, trained, None, training, verdict))
    return name


def weights_version(acts: Acts, config: Config) -> str:
    """Return the name of the version that tuning makes of `acts`."""
    return version_name(acts, KIND, (sorted(config.retrieval.weights.items()), config.eval.seed))
