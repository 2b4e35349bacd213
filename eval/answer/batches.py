"""The batches of an unfinished run: one file each, whole or not there, so that a kill loses one batch at most."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shortlist.core.notes import Note
from shortlist.core.ranking import ModelUse, Ranking
from shortlist.eval.answer.answered import Answered


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some queries of a run: answers by query id, reasons of those that failed, and the cost of all together.

    `core_s` are seconds of all cores, `wall_s` of the clock, `peak_mb` the most memory the process ever held.
    """

    answers: Mapping[str, Answered]
    failed: Mapping[str, str]
    core_s: float
    wall_s: float
    peak_mb: float

    def save(self, path: Path) -> None:
        """Write it as one file."""
        document = {
            "answers": {query: _answer_document(answer) for query, answer in self.answers.items()},
            "failed": dict(self.failed),
            "cost": [self.core_s, self.wall_s, self.peak_mb],
        }
        partial = path.with_name(f"{path.name}.partial")
        with gzip.GzipFile(partial, "wb", compresslevel=1, mtime=0) as file:
            file.write(json.dumps(document).encode())
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Batch | None:
        """The batch of a file; None where there is none, or it cannot be read and has to be made again."""
        try:
            document = json.loads(gzip.decompress(path.read_bytes()))
            answers = {query: _answer(entry) for query, entry in document["answers"].items()}
            return cls(answers, document["failed"], *document["cost"])
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
            return None


def _answer_document(answer: Answered) -> dict[str, Any]:
    ranking = answer.ranking
    return {
        "ids": ranking.ids,
        "scores": ranking.scores.tolist(),
        "origin": ranking.origin,
        "ms": {stage: round(ms, 4) for stage, ms in answer.timings_ms.items()},
        "use": asdict(answer.use),
        "notes": [asdict(note) for note in answer.notes],
    }


def _answer(entry: Mapping[str, Any]) -> Answered:
    ranking = Ranking(tuple(entry["ids"]), np.array(entry["scores"], dtype=np.float64), entry["origin"])
    return Answered(ranking, entry["ms"], ModelUse(**entry["use"]), tuple(Note(**note) for note in entry["notes"]))
