"""The receipt of a version: what it was made of, at what cost, and how it compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from time import process_time
from typing import Any

from shortlist.learning.acts import Acts
from shortlist.learning.plan import Plan
from shortlist.learning.version_name import code_digest
from shortlist.retrieval.trained.versions import Trained


@dataclass(slots=True)
class Training:
    """What a training found: CPU seconds by stage, and figures for the receipt."""

    seconds: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the CPU seconds of the block to those of `stage`."""
        start = process_time()
        try:
            yield
        finally:
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + process_time() - start, 2)


def receipt(
    acts: Acts, trained: Trained, plan: Plan | None, training: Training, verdict: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the receipt of `trained`. `plan` is None for tuned weights, `verdict` None without a gate."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "towers": sorted(trained.towers),
        "ranker": trained.ranker.kind if trained.ranker else None,
        "weights": dict(trained.weights),
        "plan": asdict(plan) if plan else None,
        "data": {
            "digest": acts.digest,
            "acts": len(acts),
            "readers": len(acts.readers),
            "videos": len(acts.ids),
            "until": acts.newest.isoformat(),
        },
        "code": code_digest(),
        "cpu_seconds": training.seconds,
        "metrics": training.metrics,
        "gate": verdict,
    }
