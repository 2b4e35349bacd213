"""The gate of a student: it is promoted only if its lists agree better with the teacher's judgement than retrieval's.

The lists were seen by neither. Agreement is nDCG@10 with the teacher's probability of yes as the gain, of the list as
a reader would get it: retrieval blended with the judgement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shortlist.agent.rerank.blend import blend
from shortlist.core.config import RerankConfig
from shortlist.core.ranking import Ranking
from shortlist.eval.stats.significance import compare
from shortlist.learning.student.lists import JudgedList

ALPHA = 0.05
ENOUGH = 10  # held-out items; fewer decide nothing
K = 10
NO_DIFFERENCE = (0.0, 0.0, 0.0, 1.0)

Values = npt.NDArray[np.float64]
Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Means over held-out items of nDCG@10 against the teacher, and of Kendall's tau of the judgement alone."""

    name: str
    ndcg: float
    tau: float | None
    core_ms: float | None


@dataclass(frozen=True, slots=True)
class StudentVerdict:
    """The rows none, student and teacher, the comparisons of the student, and whether and why it is promoted.

    A comparison is the mean difference, its interval and p.
    """

    items: int
    rows: tuple[Agreement, ...]
    over_none: tuple[float, float, float, float]
    over_teacher: tuple[float, float, float, float]
    promoted: bool
    why: str

    def document(self) -> dict[str, Any]:
        """Return the verdict for the receipt."""
        return asdict(self)


def judge_student(
    lists: Sequence[JudgedList],
    score: Callable[[JudgedList], Scores],
    core_ms: Mapping[str, float],
    config: RerankConfig,
    seed: int,
) -> StudentVerdict:
    """Compare none, student and teacher on held-out `lists`; `score` returns the student's scores of the judged ids.

    Lists about the same item count as one. `core_ms` has the milliseconds of a list by student and teacher.
    """
    if not lists:
        return StudentVerdict(0, (), NO_DIFFERENCE, NO_DIFFERENCE, *decide(0, NO_DIFFERENCE, NO_DIFFERENCE))
    by_name: dict[str, list[float]] = {"none": [], "student": [], "teacher": []}
    taus: list[float] = []
    for one in lists:
        scores = score(one)
        by_name["none"].append(_ndcg(one, one.head))
        for name, judged in (("student", scores), ("teacher", one.teacher)):
            by_name[name].append(_ndcg(one, _blended(one, judged, config)))
        taus.append(_tau(one, scores))
    groups = [one.group for one in lists]
    means = {name: _by_group(groups, values) for name, values in by_name.items()}
    tau = float(np.mean(_by_group(groups, taus)))
    rows = tuple(
        Agreement(name, float(np.mean(values)), tau if name == "student" else None,
                  core_ms.get(name))
        for name, values in means.items()
    )  # fmt: skip
    over_none, over_teacher = (_compared(means["student"], means[name], seed) for name in ("none", "teacher"))
    promoted, why = decide(len(set(groups)), over_none, over_teacher)
    return StudentVerdict(len(set(groups)), rows, over_none, over_teacher, promoted, why)


def decide(
    items: int, over_none: tuple[float, float, float, float], over_teacher: tuple[float, float, float, float]
) -> tuple[bool, str]:
    """Return whether a student is promoted, and why. A comparison is the difference, its interval and p.

    "Not significantly worse than the teacher" alone is no reason: with few lists nothing is significant.
    """
    if items < ENOUGH:
        return (
            False,
            f"too few held-out videos to decide: {items} of {ENOUGH}; run `shortlist train student` with more --hours",
        )
    if over_none[3] < ALPHA and over_none[0] > 0:
        link = "but" if over_teacher[3] < ALPHA and over_teacher[0] < 0 else "not"
        return True, f"significantly better than no rerank, {link} significantly worse than its teacher"
    return False, "not significantly better than no rerank"


def _ndcg(one: JudgedList, ranking: Ranking) -> float:
    from sklearn.metrics import ndcg_score

    order = [item for item in ranking.ids if item in one.teacher]
    gains = [1 / (1 + np.exp(-one.teacher[item])) for item in order]
    return float(ndcg_score([gains], [range(len(order), 0, -1)], k=K))


def _blended(one: JudgedList, judged: Scores, config: RerankConfig) -> Ranking:
    inside = {item: value for item, value in judged.items() if item in one.head.ids}
    return blend(one.head, Ranking.of(inside, "judged"), config.weight_wish, config)


def _tau(one: JudgedList, scores: Scores) -> float:
    from scipy.stats import kendalltau

    ids = list(one.teacher)
    tau = kendalltau([one.teacher[item] for item in ids], [scores[item] for item in ids]).statistic
    return 0.0 if np.isnan(tau) else float(tau)  # undefined where all are judged alike


def _by_group(groups: Sequence[str], values: Sequence[float]) -> Values:
    found: dict[str, list[float]] = defaultdict(list)
    for group, value in zip(groups, values, strict=True):
        found[group].append(value)
    return np.array([np.mean(one) for one in found.values()])


def _compared(ours: Values, theirs: Values, seed: int) -> tuple[float, float, float, float]:
    found = compare(ours, theirs, seed)
    return found.difference.mean, found.difference.low, found.difference.high, found.p
