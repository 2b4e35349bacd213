"""The tastes of simulated readers: drawn from the catalogue's vectors, and stored for evaluation."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shortlist.core.errors import HomeDamaged
from shortlist.core.ranking import FloatArray

FILE_NAME = "simulated.npz"
MAX_CENTRES = 3
DRIFT = 0.5  # length of the noise added to a unit vector, so that a centre is near an item but not equal to it


@dataclass(frozen=True, slots=True)
class Taste:
    """The interests and habits of a reader. Similarities are cosines with the centres.

    `centres`: float32[c, d] with unit rows. `weights`: float32[c], sum 1. `breadth`: softmax temperature of choices, in
    standard deviations of the catalogue's similarities. `patience`: share of a liked item that is watched. `skip_rate`
    and `like_rate`: probabilities of skipping a disliked item and liking a liked one. `hour`: usual time in UTC.
    """

    user_id: str
    centres: FloatArray
    weights: FloatArray
    breadth: float
    patience: float
    skip_rate: float
    like_rate: float
    hour: float

    def utility(self, vectors: FloatArray, scale: float) -> FloatArray:
        """Return float[n], the utility of each unit row of `vectors`: a soft maximum over the centres.

        `scale` is the standard deviation of similarities in the catalogue, as `Tastes.scale`.
        """
        temperature = self.breadth * scale
        pull = (vectors @ self.centres.T) / temperature + np.log(self.weights)
        top = pull.max(axis=1, keepdims=True)
        utility: FloatArray = temperature * (top[:, 0] + np.log(np.exp(pull - top).sum(axis=1)))
        return utility


@dataclass(frozen=True, slots=True)
class Tastes:
    """All simulated readers of a home, and the inputs of the simulation: the same inputs give the same readers."""

    readers: tuple[Taste, ...]
    seed: int
    revision: int
    now_s: float
    scale: float

    def save(self, folder: Path) -> Path:
        """Write `simulated.npz` atomically and return its path."""
        path = folder / FILE_NAME
        partial = path.with_name(f"{FILE_NAME}.partial")
        habits = [(t.breadth, t.patience, t.skip_rate, t.like_rate, t.hour) for t in self.readers]
        with partial.open("wb") as file:
            np.savez(
                file,
                user_ids=np.array([taste.user_id for taste in self.readers]),
                centres=np.concatenate([taste.centres for taste in self.readers]),
                weights=np.concatenate([taste.weights for taste in self.readers]),
                n_centres=np.array([len(taste.weights) for taste in self.readers]),
                habits=np.array(habits),
                drawn_from=np.array([self.seed, self.revision], dtype=np.int64),
                measures=np.array([self.now_s, self.scale]),
            )
        partial.replace(path)
        return path

    @classmethod
    def load(cls, folder: Path) -> Tastes | None:
        """Load the tastes in `folder`; None if it has no simulated readers. Raises `HomeDamaged`."""
        path = folder / FILE_NAME
        if not path.exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as data:
                ends = np.cumsum(data["n_centres"])[:-1]
                centres, weights = np.split(data["centres"], ends), np.split(data["weights"], ends)
                readers = tuple(
                    Taste(str(user_id), c, w, *map(float, habits))
                    for user_id, c, w, habits in zip(data["user_ids"], centres, weights, data["habits"], strict=True)
                )
                seed, revision = map(int, data["drawn_from"])
                return cls(readers, seed, revision, *map(float, data["measures"]))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise HomeDamaged(
                f"{path}: unreadable", expected="tastes written by simulate", found=str(error), remedy="delete the file"
            ) from error


def user_id(index: int) -> str:
    """Return the id of the simulated reader `index`, from 0: "sim_00001"."""
    return f"sim_{index + 1:05d}"


def draw_taste(rng: np.random.Generator, index: int, vectors: FloatArray) -> Taste:
    """Draw a taste of one to three centres, each near an item drawn from `vectors` (float32[n, d], unit rows)."""
    n_centres = int(rng.integers(1, min(MAX_CENTRES, len(vectors)) + 1))
    anchors = vectors[rng.choice(len(vectors), n_centres, replace=False)]
    noise = rng.standard_normal(anchors.shape) * (DRIFT / np.sqrt(anchors.shape[1]))
    return Taste(
        user_id=user_id(index),
        centres=unit(anchors + noise),
        weights=rng.dirichlet(np.full(n_centres, 2.0)).astype(np.float32),
        breadth=float(rng.uniform(0.3, 1.0)),
        patience=float(rng.uniform(0.5, 1.2)),
        skip_rate=float(rng.beta(2, 5)),
        like_rate=float(rng.beta(2, 6)),
        hour=float(rng.uniform(6, 23)),
    )


def unit(rows: FloatArray) -> FloatArray:
    """Scale the rows of `rows` to unit length, as float32."""
    scaled: FloatArray = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled
