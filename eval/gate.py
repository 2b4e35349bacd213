"""The gate: a challenger replaces the champion only if it is better on the home's own next day or week.

Both are trained on the events before a cut and judged on what readers chose after it. Two cuts, a day and a week before
the newest event, because popularity a day ahead is worth most and a week ahead it may hurt.

A refresh, which is the champion's own plan on newer data, would be equal to it there. It is judged by the later half of
what is new: the champion as it is against its plan on all events before that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from shortlist.core.config import Config
from shortlist.core.errors import RecordError, UsageError
from shortlist.core.progress import Bars, no_bars
from shortlist.eval.evaluator import Evaluator
from shortlist.eval.factories import Factories
from shortlist.eval.score_table import ScoreTable, to_score_table
from shortlist.eval.stats.significance import Comparison, compare, holm
from shortlist.eval.tasks.from_home import cut_before_newest, events_task
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant
from shortlist.store.home import Home

HORIZONS = {"day": timedelta(days=1), "week": timedelta(days=7)}
REFRESH = "half"  # the later half of the events that are new to the champion
METRIC = "nDCG@10"
ALPHA = 0.05
ENOUGH = 30  # readers; a smaller slice decides nothing
COLD, LONG = 3, 20  # fewer watched videos are a cold reader, at least so many a long history
QUERIES = 2000  # readers at each horizon, at most
Contestant = Callable[[Task], Variant]  # what competes on a task; may be trained or tuned on the past of the task


@dataclass(frozen=True, slots=True)
class Judged:
    """The comparison of challenger and champion on all readers of one horizon, or on one slice of them."""

    horizon: str
    name: str
    readers: int
    champion: float
    challenger: float
    comparison: Comparison
    p: float

    @property
    def better(self) -> bool:
        """True if the challenger is significantly better."""
        return self.p < ALPHA and self.comparison.difference.mean > 0

    @property
    def worse(self) -> bool:
        """True if the challenger is significantly worse."""
        return self.p < ALPHA and self.comparison.difference.mean < 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """All comparisons, why the challenger is promoted or not, and why a horizon was left out."""

    judged: tuple[Judged, ...]
    promoted: bool
    why: str
    left_out: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """Return the verdict for the receipt."""
        rows = [
            {
                "horizon": one.horizon, "slice": one.name, "readers": one.readers, "metric": METRIC,
                "champion": round(one.champion, 6), "challenger": round(one.challenger, 6),
                "difference": [round(float(value), 6) for value in _interval(one.comparison)], "p": round(one.p, 6),
            }
            for one in self.judged
        ]  # fmt: skip
        return {"promoted": self.promoted, "why": self.why, "judged": rows, "left_out": dict(self.left_out)}


def judge(
    home: Home, champion: Contestant, challenger: Contestant, config: Config, factories: Factories, bars: Bars = no_bars
) -> Verdict:
    """Compare both at every horizon at which enough readers can be judged; p is corrected within each horizon."""
    judged: list[Judged] = []
    left_out: dict[str, str] = {}
    for horizon, before in HORIZONS.items():
        try:
            task = events_task(home, cut_before_newest(home, before), horizon)
            _require_enough(task)
            evaluator = Evaluator(task, config, factories, bars)
            judged += _judge_horizon(horizon, task, champion(task), challenger(task), evaluator, config.eval.seed)
        except (RecordError, UsageError) as error:
            left_out[horizon] = str(error)
    return verdict(judged, left_out)


def judge_refresh(
    home: Home, cut: datetime, champion: Contestant, challenger: Contestant, config: Config, factories: Factories,
    bars: Bars = no_bars,
) -> Verdict:  # fmt: skip
    """Compare the champion as it is with its plan on all events before `cut`, by what readers chose after it."""
    try:
        task = events_task(home, cut, REFRESH)
        _require_enough(task)
        evaluator = Evaluator(task, config, factories, bars)
        judged = _judge_horizon(REFRESH, task, champion(task), challenger(task), evaluator, config.eval.seed)
    except (RecordError, UsageError) as error:
        return refresh_verdict((), {REFRESH: str(error)})
    return refresh_verdict(judged, {})


def refresh_verdict(judged: Sequence[Judged], left_out: Mapping[str, str]) -> Verdict:
    """Decide: newer data are reason enough, unless it is significantly worse for some readers."""
    worse = [one.name for one in judged if one.worse]
    if not judged:
        why = "too few readers to judge by what is new"
    elif worse:
        why = f"newer data, but significantly worse for {'; '.join(worse)}"
    else:
        why = "newer data, and worse in no slice"
    return Verdict(tuple(judged), bool(judged) and not worse, why, left_out)


def verdict(judged: Sequence[Judged], left_out: Mapping[str, str]) -> Verdict:
    """Decide: significantly better overall at one horizon at least, significantly worse nowhere."""
    worse = [f"{one.name}, next {one.horizon}" for one in judged if one.worse]
    better = [one.horizon for one in judged if one.name == "all" and one.better]
    if not judged:
        why = "too few readers to judge on a later day"
    elif worse:
        why = f"significantly worse for {'; '.join(worse)}"
    elif not better:
        why = "not significantly better"
    else:
        why = f"significantly better for the next {' and '.join(better)}, worse in no slice"
    return Verdict(tuple(judged), bool(better) and not worse, why, left_out)


def _require_enough(task: Task) -> None:
    readers = len(task.data.queries)
    if readers < ENOUGH:
        remedy = "train again when there are more events"
        raise UsageError("too few readers to judge", expected=f"{ENOUGH}", found=f"{readers}", remedy=remedy)


def _judge_horizon(
    horizon: str, task: Task, champion: Variant, challenger: Variant, evaluator: Evaluator, seed: int
) -> list[Judged]:
    queries = min(QUERIES, len(task.data.queries))
    runs = [evaluator.measure(variant, queries) for variant in (challenger, champion)]
    ours, theirs = (to_score_table(run) for run in runs)
    ours = ours.select(theirs.queries)
    compared = []
    for name, chosen in _slices(task, theirs).items():
        if np.count_nonzero(chosen) >= ENOUGH:
            pair = [table.scores[METRIC][chosen] for table in (ours, theirs)]
            compared.append((name, pair, compare(pair[0], pair[1], seed)))
    adjusted = holm([comparison.p for _, _, comparison in compared]).tolist()
    return [
        Judged(horizon, name, len(pair[0]), float(np.nanmean(pair[1])), float(np.nanmean(pair[0])), comparison, p)
        for (name, pair, comparison), p in zip(compared, adjusted, strict=True)
    ]


def _slices(task: Task, table: ScoreTable) -> Mapping[str, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    lengths = np.array(table.history)
    known = {event.item_id for event in task.choices()}
    new = np.array([not known.issuperset(task.data.qrels[query]) for query in table.queries])
    return {
        "all": np.ones(len(lengths), dtype=np.bool_),
        "cold readers": lengths < COLD,
        "new videos": new,
        "long histories": lengths >= LONG,
    }


def _interval(comparison: Comparison) -> tuple[float, float, float]:
    difference = comparison.difference
    return difference.low, difference.mean, difference.high
