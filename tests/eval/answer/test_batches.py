"""Batches of a run as files: round trips, and damaged files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from shortlist.core.notes import Note
from shortlist.core.ranking import Ranking
from shortlist.eval.answer.answerer import Answer
from shortlist.eval.answer.batches import Batch

NOTES = (Note("no-model", "no language model", "no answer from http://10.0.0.1"), Note("few-results", "only 1 of 2"))


def saved(path: Path) -> Path:
    answer = Answer(Ranking.of({"a": 1.0}, "fusion"), {"retrieve": 1.5}, notes=NOTES)
    Batch({"q1": answer}, {"q2": "a reason"}, 0.5, 0.4, 100.0).save(path)
    return path


def test_a_batch_is_read_as_it_was_written(tmp_path: Path) -> None:
    batch = Batch.load(saved(tmp_path / "batch.json.gz"))
    assert batch is not None
    assert batch.answers["q1"].notes == NOTES
    assert (batch.answers["q1"].ranking.ids, batch.failed) == (("a",), {"q2": "a reason"})


def test_a_batch_whose_notes_have_no_codes_runs_again(tmp_path: Path) -> None:
    path = saved(tmp_path / "batch.json.gz")
    document = json.loads(gzip.decompress(path.read_bytes()))
    document["answers"]["q1"]["notes"] = ["no language model"]
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    assert Batch.load(path) is None
