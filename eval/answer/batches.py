"""Batches of answers on disk, one file each and written atomically, so that an interrupted run can resume."""

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
from shortlist.eval.answer.answerer import Answer


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some queries of a run: answers by query id, reasons of failed queries by id, and the cost of all together.

    `core_s` is CPU time and `wall_s` elapsed time in seconds; `peak_mb` is the peak memory of the process.
    """

    answers: Mapping[str, Answer]
    failed: Mapping[str, str]
    core_s: float
    wall_s: float
    peak_mb: float

    def save(self, path: Path) -> None:
        """Write the batch to `path` atomically."""
        document = {
            "answers": {query: _answer_document(answer) for query, answer in self.answers.items()},
            "failed": dict(self.failed),
            "cost": [self.core_s, self.wall_s, self.peak_mb],
        }
        partial = path.with_name(f"{path.name}.partial")
        with gzip.GzipFile(partial, "wb", compresslevel=1, mtime=0) as file:
            file.write(json.dumps(document).encode())
        with partial.open("rb") as file_on_disk:
            os.fsync(file_on_disk.fileno())
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Batch | None:
        """Read a batch. Returns None if the file is missing or damaged, and the batch has to run again."""
        try:
            document = json.loads(gzip.decompress(path.read_bytes()))
            answers = {query: _parse_answer(entry) for query, entry in document["answers"].items()}
            return cls(answers, document["failed"], *document["cost"])
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
            return None


def _answer_document(answer: Answer) -> dict[str, Any]:
    ranking = answer.ranking
    return {
        "ids": ranking.ids,
        "scores": ranking.scores.tolist(),
        "origin": ranking.origin,
        "ms": {stage: round(ms, 4) for stage, ms in answer.timings_ms.items()},
        "use": asdict(answer.use),
        "notes": [asdict(note) for note in answer.notes],
    }


def _parse_answer(entry: Mapping[str, Any]) -> Answer:
    ranking = Ranking(tuple(entry["ids"]), np.array(entry["scores"], dtype=np.float64), entry["origin"])
    return Answer(ranking, entry["ms"], ModelUse(**entry["use"]), tuple(Note(**note) for note in entry["notes"]))
