"""Exported lists in an experiment that splits readers: their variant and request id, and their exposures."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby

from shortlist.agent.export_rows import Rows
from shortlist.core.exposures import Exposure, ShownItem
from shortlist.core.ranking import Request
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.experiments import Experiment

COLUMNS = ("variant", "request_id")


def splitting(catalogue: Catalogue) -> Experiment | None:
    """Return the experiment in progress if it splits readers, else None."""
    current = catalogue.experiments.current()
    return current if current is not None and current.design == "split" else None


@dataclass(frozen=True, slots=True)
class SplitLists:
    """The lists of one export during `experiment`. `export` identifies it; `settings` is the configuration's hash."""

    experiment: Experiment
    export: str
    settings: str

    def add_columns(self, rows: Rows) -> None:
        """Add `COLUMNS` to `rows`. A shard of the same export that is written again gets the same request ids."""
        user_ids: Sequence[str] = rows.columns["user_id"]
        rows.columns["variant"] = [self.experiment.side_of(user_id) for user_id in user_ids]
        space = uuid.uuid5(uuid.NAMESPACE_OID, f"{self.export} {self.experiment.name}")
        rows.columns["request_id"] = [uuid.uuid5(space, user_id).hex for user_id in user_ids]

    def exposures(self, rows: Rows, template: Request, snapshot: Snapshot, last_event: int) -> Iterator[Exposure]:
        """Yield the lists of `rows`, which have `COLUMNS`, as exposures. An exported list counts as shown."""
        now = datetime.now(UTC)
        names = ("user_id", "request_id", "video_id", "rank", "score", "variant")
        table = zip(*(rows.columns[name] for name in names), strict=True)
        for (user_id, request_id), own in groupby(table, key=lambda row: (row[0], row[1])):
            items = tuple(ShownItem(video, rank, round(score, 6), None, side) for _, _, video, rank, score, side in own)
            yield Exposure(
                request_id, now, replace(template, user_id=user_id), items, snapshot.revision, last_event,
                snapshot.trained.version, self.settings, self.experiment.name,
            )  # fmt: skip
