"""False alarms of `shortlist ops drift` on days without drift, and the share of seeded shifts that it finds."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from shortlist.ops.drift.check import Calendar, Feature, check
from shortlist.ops.drift.content import MAX_ROWS
from shortlist.ops.drift.samples import Labels, Numbers, Rates, Sample, Vectors

FEATURES = 20  # of a usual home; the level of each is the share of false alarms divided by it
FALSE_ALARMS = 0.01
DAYS = Calendar.ending(date(2026, 11, 26), 28, 7)
ROWS = 100, 1_000, 10_000
LABELS = np.array([30, 20, 14, 10, 8, 6, 5, 4, 2, 1]) / 100
AT = datetime(2026, 11, 27, tzinfo=UTC)

Generator = np.random.Generator
ByDay = Callable[[int, float], object]


def over(sample: Sample, days: Calendar = DAYS) -> bool:
    """Return whether the newest day is over its limit."""
    report = check([Feature(sample, "", retrain=True)], days, FALSE_ALARMS / FEATURES, AT)
    return report.findings[0].state == "drifting"


def days_of(draw: ByDay, shift: float, days: Sequence[date] = DAYS.days) -> dict[date, object]:
    """Draw every day; only the newest has the shift."""
    return {day: draw(at, shift if day == days[-1] else 0.0) for at, day in enumerate(days)}


def equal(rng: Generator, _day: int) -> np.ndarray:
    """The same shares every day."""
    return LABELS


def weekly(rng: Generator, day: int) -> np.ndarray:
    """Other shares on two days of seven."""
    return LABELS[::-1] if day % 7 >= 5 else LABELS


def restless(rng: Generator, _day: int) -> np.ndarray:
    """Shares that differ by about a tenth from day to day, all independent (Dirichlet)."""
    return rng.dirichlet(LABELS * 500)


def heavy(rng: Generator, _day: int) -> np.ndarray:
    """All shares move together, on rare days far (Student's t with 4 degrees of freedom)."""
    moved = LABELS * np.exp(0.1 * rng.standard_t(4) * np.linspace(-1, 1, len(LABELS)))
    return moved / moved.sum()


def wandering(rng: Generator, _day: int, state: dict[str, np.ndarray]) -> np.ndarray:
    """Shares that depend on those of the day before (0.8 of the way)."""
    state["at"] = 0.8 * state.get("at", np.zeros(len(LABELS))) + rng.normal(0, 0.05, len(LABELS))
    moved = LABELS * np.exp(state["at"])
    return moved / moved.sum()


PATTERNS: Mapping[str, Callable[..., np.ndarray]] = {
    "equal": equal, "weekly": weekly, "restless": restless, "heavy-tailed": heavy, "wandering": wandering,
}  # fmt: skip


def labels(rng: Generator, rows: int, shift: float, pattern: str = "equal", days: Sequence[date] = DAYS.days) -> Labels:
    """Labels, of which one gains the share `shift` of all rows."""
    state: dict[str, np.ndarray] = {}

    def draw(day: int, share: float) -> dict[str, int]:
        more = (state,) if pattern == "wandering" else ()
        shares = (1 - share) * PATTERNS[pattern](rng, day, *more) + share * np.eye(len(LABELS))[5]
        n = rows if pattern == "equal" else int(rows * rng.uniform(0.5, 1.5))
        return {str(at): int(count) for at, count in enumerate(rng.multinomial(n, shares))}

    return Labels("labels", days_of(draw, shift, days))  # type: ignore[arg-type]


def dwell(rng: Generator, rows: int, shift: float) -> Numbers:
    """Dwell times, longer by the share `shift`. Readers differ: a lognormal of standard deviation 0.8."""
    return Numbers("dwell", days_of(lambda _day, share: rng.lognormal(3, 0.8, rows) * (1 + share), shift))  # type: ignore[arg-type]


def vectors(rng: Generator, rows: int, shift: float) -> Vectors:
    """Unit vectors of 30 topics in 384 dimensions, of which the share `shift` is of 5 topics that are new."""
    topics = rng.standard_normal((35, 384), dtype=np.float32)

    def draw(_day: int, share: float) -> np.ndarray:
        foreign = rng.random(rows) < share
        topic = np.where(foreign, rng.integers(30, 35, rows), rng.integers(0, 30, rows))
        found = topics[topic] + rng.standard_normal((rows, 384), dtype=np.float32)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))

    return Vectors("vectors", days_of(draw, shift))  # type: ignore[arg-type]


def rates(rng: Generator, rows: int, shift: float) -> Rates:
    """Choices, fewer by the share `shift` at equal scores; a fifteenth without it."""

    def draw(_day: int, share: float) -> tuple[np.ndarray, np.ndarray]:
        scores = rng.random(rows)
        return scores, (rng.random(rows) < scores**2 * 0.2 * (1 - share)).astype(np.int64)

    return Rates("rates", days_of(draw, shift))  # type: ignore[arg-type]


SHIFTS: Mapping[str, tuple[Callable[[Generator, int, float], Sample], Sequence[float]]] = {
    "labels: one gains this share (PSI)": (labels, (0.02, 0.05, 0.1, 0.2)),
    "dwell time longer by (KS below 2,000 rows, else PSI)": (dwell, (0.05, 0.1, 0.2, 0.5)),
    "foreign vectors (MMD)": (vectors, (0.02, 0.05, 0.1, 0.2)),
    "fewer choices at equal scores by (rates)": (rates, (0.1, 0.2, 0.4, 0.8)),
}


def one_after_the_other(rng: Generator, patterns: Sequence[str], number: int) -> tuple[float, float]:
    """Judge a home of `FEATURES` features on so many days. Return the share of features over, and of days with any."""
    days = [DAYS.days[0] + timedelta(days=at) for at in range(len(DAYS.days) + number - 1)]
    rows = (100, 500, 2_000, 10_000)
    kinds = [(rows[at % len(rows)], patterns[at % len(patterns)]) for at in range(FEATURES)]
    home = [labels(rng, n, 0.0, pattern, days) for n, pattern in kinds]
    calendars = [Calendar.ending(day, len(DAYS.reference), len(DAYS.recent)) for day in days[-number:]]
    found = np.array([[over(sample, calendar) for sample in home] for calendar in calendars])
    return float(found.mean()), float(found.any(1).mean())


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ops.drift", description=__doc__)
    parser.add_argument(
        "--trials", type=int, default=400, help="checks a cell of the first table, ten times the others"
    )
    trials = parser.parse_args().trials
    rng = np.random.default_rng(0)
    print(f"False alarms a feature and day; the level is {FALSE_ALARMS / FEATURES:.2%} ({FEATURES} features)")
    _head("days", ROWS)
    for pattern in PATTERNS:
        found = [np.mean([over(labels(rng, n, 0, pattern)) for _ in range(trials)]) for n in ROWS]
        print(f"| {pattern} | " + " | ".join(f"{share:.2%}" for share in found) + " |", flush=True)
    print(f"\n{FEATURES} features of 100 to 10,000 rows, {trials} days one after the other")
    print("\n| days | features and days over | days with any over |\n|---|---|---|")
    for patterns in (list(PATTERNS)[:3], list(PATTERNS)):
        features, days = one_after_the_other(rng, patterns, trials)
        print(f"| {', '.join(patterns)} | {features:.2%} | {days:.1%} |", flush=True)
    for name, (draw, shifts) in SHIFTS.items():
        rows = (100, 500, MAX_ROWS) if draw is vectors else ROWS
        _head(name, rows)
        for shift in (0.0, *shifts):
            found = [np.mean([over(draw(rng, n, shift)) for _ in range(max(1, trials // 10))]) for n in rows]
            print(f"| {shift:.0%} | " + " | ".join(f"{share:.0%}" for share in found) + " |", flush=True)


def _head(name: str, rows: Sequence[int]) -> None:
    print(f"\n| {name} | " + " | ".join(f"{n:,} rows" for n in rows) + " |\n|---" + "|---" * len(rows) + "|")


if __name__ == "__main__":
    main()
