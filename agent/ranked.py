"""One request, ranked: what an answer is explained from, and all that evaluation needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shortlist.agent.batch import RankedRequest
from shortlist.agent.rerank.runner import RerankResult


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """What was retrieved for a request, what became of it, and the milliseconds of each stage."""

    case: RankedRequest
    verdict: RerankResult
    timings_ms: Mapping[str, float] = field(default_factory=dict)
