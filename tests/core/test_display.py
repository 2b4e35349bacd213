from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shortlist.core.display import category_label, clock, day, length


@pytest.mark.parametrize(
    ("seconds", "shown", "moment"),
    [
        (0.0, "0:00", "0:00"),
        (55.6, "0:56", "0:55"),
        (59.7, "1:00", "0:59"),
        (3599.0, "59:59", "59:59"),
        (3723.2, "1:02:03", "1:02:03"),
    ],
)
def test_a_length_is_rounded_and_a_moment_is_not_late(seconds: float, shown: str, moment: str) -> None:
    assert (length(seconds), clock(seconds)) == (shown, moment)


def test_a_guessed_category_is_marked() -> None:
    assert category_label("Comedy", True) == "Comedy (a guess)"
    assert category_label("Comedy", False) == "Comedy"
    assert category_label(None, True) is None


def test_a_day_is_written_out() -> None:
    assert day(datetime(2026, 11, 3, 23, tzinfo=UTC)) == "3 Nov 2026"
