"""A student: it scores candidates for a wish as a language model would, by a weighted sum of features."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shortlist.agent.students.features import FEATURES, features
from shortlist.core.errors import ModelMissing
from shortlist.models.students.token_network import TokenNetwork

STUDENT = "student.json"


@dataclass(frozen=True, slots=True)
class Student:
    """The weights of `FEATURES`, in their order, over token vectors. `name` identifies the version."""

    name: str
    weights: tuple[float, ...]
    network: TokenNetwork

    def score(self, wish: str, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return float64[n]: an estimate of the teacher's log-odds for each text, up to a constant of the list."""
        scores: npt.NDArray[np.float64] = features(wish, texts, self.network) @ np.array(self.weights)
        return scores


def save_weights(folder: Path, weights: Sequence[float]) -> None:
    """Write the weights of `FEATURES` into `folder`, which holds the network."""
    by_name = dict(zip(FEATURES, weights, strict=True))
    (folder / STUDENT).write_text(json.dumps({"weights": by_name}, indent=1) + "\n", encoding="utf-8")


def load_student(folder: Path, threads: int) -> Student:
    """Load the student in `folder`. Raises `ModelMissing` if there is none, or it does not load."""
    try:
        weights = json.loads((folder / STUDENT).read_text(encoding="utf-8"))["weights"]
        if tuple(weights) != FEATURES:
            raise ValueError(f"weights of {', '.join(weights) or 'nothing'} instead of {', '.join(FEATURES)}")
        return Student(folder.name, tuple(map(float, weights.values())), TokenNetwork(folder, threads))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelMissing(
            "the student does not load",
            expected=f"a student written by `shortlist train student` in {folder}",
            found=f"{type(error).__name__}: {error}",
            remedy="make one with `shortlist train student`, or correct rerank.student",
        ) from error


def no_student() -> Student:
    """Raise `ModelMissing`, which says how to make a student."""
    raise ModelMissing(
        "there is no student",
        expected="a promoted student, or a folder or version in rerank.student",
        found="none",
        remedy="make one with `shortlist train student --hours 1`, then see `shortlist models history --student`",
    )
