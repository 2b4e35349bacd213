"""Hidden days, their candidates, and the verdict over rankings of a reader with a known taste."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from shortlist.core.types import Event, Video
from shortlist.eval.report_card.hidden_days import HiddenDay, cut_of, hidden_days
from shortlist.eval.report_card.verdict import missing_days, standings

START = datetime(2026, 1, 1, tzinfo=UTC)
DRAWS = 100


def _watch(item: str, day: float, user: str = "ann", dwell: float = 60.0) -> Event:
    return Event(user, item, "video", "view", START + timedelta(days=day), dwell)


def _videos(days: int) -> dict[str, Video]:
    ids = [(f"v{day:03}-{n:02}", day) for day in range(days) for n in range(25)]
    return {one: Video(one, one, published=START + timedelta(days=day, hours=1)) for one, day in ids}


def test_the_hidden_part_is_the_last_fifth_but_at_most_thirty_days() -> None:
    assert cut_of([]) is None
    assert cut_of([_watch(f"v{day}", day) for day in range(50)]) == START + timedelta(days=40)
    assert cut_of([_watch(f"v{day}", day) for day in range(500)]) == START + timedelta(days=469)


def test_candidates_are_unseen_known_by_that_day_and_have_all_that_was_watched() -> None:
    videos = _videos(12)
    own = [
        _watch("v003-00", 3.5), _watch("v010-01", 10.5), _watch("v010-02", 10.6, dwell=1),
        _watch("v010-01", 11.5), _watch("v010-03", 11.6),
    ]  # fmt: skip
    first, second = hidden_days(own, [_watch("v003-07", 10.2, "bob")], videos, START + timedelta(days=10), 0)
    assert first.watched == {"v010-01"}
    assert second.watched == {"v010-03"}  # what was watched the day before is not new
    assert "v003-07" in first.candidates
    assert "v003-00" not in first.candidates
    assert not {"v010-01", "v010-02"} & set(second.candidates)
    assert all(
        videos[one].published < day.start + timedelta(days=1) for day in (first, second) for one in day.candidates
    )


def _draw(seed: int, strengths: dict[str, float]) -> tuple[list[HiddenDay], dict[str, list[list[str]]]]:
    """Thirty days of 100 candidates, 5 watched; a ranking puts each watched one on top with its probability."""
    rng = np.random.default_rng(seed)
    ids = [f"v{n:03}" for n in range(100)]
    days, lists = [], {name: [] for name in strengths}
    for day in range(30):
        watched = rng.choice(ids, 5, replace=False).tolist()
        days.append(HiddenDay(START + timedelta(days=day), frozenset(watched), tuple(ids)))
        for name, strength in strengths.items():
            top = [one for one in watched if rng.random() < strength]
            lists[name].append([*top, *(one for one in rng.permutation(ids).tolist() if one not in watched)])
    return days, lists


def test_the_order_of_rankings_is_the_true_one_in_95_of_100_draws() -> None:
    taste = {"shortlist": 0.6, "channels": 0.4, "newest": 0.2}
    orders = [[one.name for one in standings(*_draw(seed, taste), seed)] for seed in range(DRAWS)]
    assert orders.count(list(taste)) >= 0.95 * DRAWS


def test_equal_rankings_are_called_different_in_at_most_5_of_100_draws() -> None:
    equal = dict.fromkeys(("shortlist", "channels", "newest"), 0.4)
    wrong = sum(any(one.differs for one in standings(*_draw(seed, equal), seed)) for seed in range(DRAWS))
    assert wrong <= 0.05 * DRAWS


def test_a_few_days_are_not_enough() -> None:
    days, _ = _draw(0, {"shortlist": 0.5})
    assert missing_days(days[:3]) == 7
    assert missing_days(days) == 0
