"""Parts of an export on disk: which are done, and what they record."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from shortlist.agent.export_rows import Rows
from shortlist.app.export.shards import ShardSummary, is_done, read_shard, shard_file, write_shard
from shortlist.core.notes import Note


def test_a_part_that_the_model_failed_is_done_again(tmp_path: Path) -> None:
    stopped = Note("model-failed", "stopped", "no answer from http://127.0.0.1:9")
    useless = Note("unusable-answers", "one answer was of no use")
    file = shard_file(tmp_path, 3)
    assert not is_done(file)
    write_shard(file, Rows(unjudged=["ann"], notes=Counter({stopped: 1})), 2)
    assert not is_done(file)
    write_shard(file, Rows(unknown=["nobody"], notes=Counter({useless: 1})), 2)
    assert is_done(file)
    assert read_shard(file)[1] == ShardSummary(2, 0, ("nobody",), 0, {useless: 1})
