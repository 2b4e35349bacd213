from __future__ import annotations

import numpy as np
import pytest

from shortlist.core.types import Attributed, Enrichment, Objective, Video
from shortlist.retrieval.index.columns import Columns, columns_of
from shortlist.retrieval.objective import agreement, wanted_rows


def video(category: str | None, channel: str | None, seconds: float | None) -> Video:
    made = Attributed(category, "given") if category else None
    return Video(
        f"{category}-{channel}-{seconds}", "A title", channel, duration_s=seconds, enrichment=Enrichment(category=made)
    )


@pytest.fixture
def columns() -> Columns:
    return columns_of(
        [
            video("Food", "Ledger", 60.0),
            video("Sports", "Ledger", 90.0),
            video("Sports", None, 500.0),
            video(None, None, None),
        ]
    )


def test_the_amounts_of_category_channel_and_length_are_added_by_hand(columns: Columns) -> None:
    objective = Objective((("Food", 0.5), ("sports", -0.25)), (("LEDGER", 0.75),), 60.0)
    found = agreement(columns, np.arange(4), objective)
    # 0.5 + 0.75 is cut to 1; -0.25 + 0.75 - (90 / 60 - 1); -0.25 - 1, cut to -1; nothing is known of the last.
    np.testing.assert_allclose(found, [1.0, 0.0, -1.0, 0.0])


def test_wanted_rows_are_those_of_positive_amounts(columns: Columns) -> None:
    wanted = wanted_rows(columns, Objective((("Food", 0.5), ("Sports", -1.0))))
    assert wanted is not None
    assert wanted.tolist() == [True, False, False, False]
    assert wanted_rows(columns, Objective((("Sports", -1.0),), (), 60.0)) is None
