"""Real impressions: equal pieces of them are no drift, a category that is gone is one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from shortlist.eval.data.mind import read_mind
from shortlist.ops.drift.check import Calendar, Feature, check
from shortlist.ops.drift.samples import Labels

CALENDAR = Calendar.ending(date(2026, 11, 26), 21, 1)
AT = datetime(2026, 11, 27, tzinfo=UTC)
LEVEL = 0.0005
TRIALS = 50


@pytest.mark.integration
@pytest.mark.realdata
def test_real_clicks_in_equal_pieces_do_not_drift_and_a_missing_category_is_found(bench_data: Path) -> None:
    data = read_mind(bench_data / "eval" / "mind_nov9to12")
    category = {item.id: item.category or "" for item in data.items}
    clicked = [category[item] for gains in data.qrels.values() for item, gain in gains.items() if gain]
    rng = np.random.default_rng(0)
    found: Counter[str] = Counter()
    for _ in range(TRIALS):
        pieces = [Counter(piece.tolist()) for piece in np.array_split(rng.permutation(clicked), len(CALENDAR.days))]
        without = [*pieces[:-1], Counter({name: count for name, count in pieces[-1].items() if name != "sports"})]
        for kind, counts in (("equal", pieces), ("without", without)):
            sample = Labels("category", dict(zip(CALENDAR.days, counts, strict=True)))
            report = check([Feature(sample, "", retrain=True)], CALENDAR, LEVEL, AT)
            found[kind] += len(report.in_state("drifting"))
    assert found["equal"] <= 1
    assert found["without"] >= 0.9 * TRIALS
