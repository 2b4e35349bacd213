"""Drift on real impressions of MIND (SPEC mind:DIR): false alarms on equal and on real pieces, and seeded shifts."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import combinations
from pathlib import Path

import numpy as np

from shortlist.core.config import EncoderConfig, ModelsConfig
from shortlist.core.ranking import FloatArray
from shortlist.eval.data.dataset import DataSet
from shortlist.eval.data.mind import read_mind
from shortlist.models.encoders.loader import load_encoder
from shortlist.ops.drift.check import Calendar, Feature, check
from shortlist.ops.drift.content import vector_features
from shortlist.ops.drift.divergence import psi, psi_floor, shares
from shortlist.ops.drift.samples import Labels, Numbers

PIECES, REFERENCE = 22, 21
SEEDED = 40  # of the equal divisions, with a shift
FEATURES, FALSE_ALARMS = 20, 0.01  # as in a usual home
CALENDAR = Calendar.ending(date(2026, 11, 26), REFERENCE, 1)
AT = datetime(2026, 11, 27, tzinfo=UTC)
GERMAN = (
    "Der Bundestag stimmt heute über den neuen Haushalt ab", "Bayern gewinnt in letzter Minute gegen Dortmund",
    "So gelingt der perfekte Apfelkuchen", "Wie das Wetter am Wochenende wird", "Zehn Tipps für einen guten Schlaf",
    "Neue Strecke der Bahn zwischen Berlin und München", "Das sind die schönsten Strände Europas",
    "Warum die Mieten in den Städten weiter steigen", "Forscher entdecken eine neue Vogelart in den Alpen",
    "Was beim Kauf eines gebrauchten Autos zählt", "Ein Abend in der Oper von Dresden",
    "Die Preise für Strom sinken im nächsten Jahr",
)  # fmt: skip

Clicks = Sequence[str]  # ids of chosen items
Change = Callable[[np.random.Generator, Clicks], Clicks]


class Pieces:
    """The impressions in time order, and what is known of their items."""

    def __init__(self, data: DataSet) -> None:
        self.queries = sorted(data.queries, key=lambda one: str(one.at))
        self.clicks = [[item for item, gain in data.qrels[one.id].items() if gain] for one in self.queries]
        self.category = {item.id: item.category or "" for item in data.items} | dict.fromkeys(GERMAN, "german")
        self.title = {item.id: item.title for item in data.items} | {text: text for text in GERMAN}
        ids = sorted({item for clicks in self.clicks for item in clicks} | set(GERMAN))
        encoded = load_encoder(EncoderConfig(), ModelsConfig()).encode([self.title[item] for item in ids])
        self.vectors: dict[str, FloatArray] = dict(zip(ids, encoded, strict=True))

    def features(self, pieces: Sequence[Sequence[int]], rng: np.random.Generator, change: Change) -> list[Feature]:
        """Return the features of pieces, lists of numbers of impressions, of which the last is changed."""
        days = dict(zip(CALENDAR.days, pieces, strict=True))
        clicks = {day: [item for at in piece for item in self.clicks[at]] for day, piece in days.items()}
        newest = CALENDAR.recent[-1]
        clicks[newest] = list(change(rng, clicks[newest]))
        counts = {day: Counter(items) for day, items in clicks.items()}
        categories = {day: Counter(self.category[item] for item in items) for day, items in clicks.items()}
        lengths = {day: np.array([float(len(self.queries[at].history)) for at in piece]) for day, piece in days.items()}
        offered = {
            day: np.array([float(len(self.queries[at].candidates or ())) for at in piece])
            for day, piece in days.items()
        }
        numbers = [Numbers("length of history", lengths), Numbers("candidates", offered)]
        return [
            Feature(Labels("category", categories), "", retrain=True),
            *vector_features(
                "chosen", counts, self.known, lambda ids: {item: self.title[item] for item in ids}, CALENDAR
            ),
            *(Feature(sample, "", retrain=True) for sample in numbers),
        ]

    def known(self, ids: Sequence[str]) -> Mapping[str, FloatArray]:
        return {item: self.vectors[item] for item in ids}

    def without(self, category: str) -> Change:
        return lambda _rng, clicks: [item for item in clicks if self.category[item] != category]


def german(share: float) -> Change:
    return lambda rng, clicks: [str(rng.choice(GERMAN)) if rng.random() < share else item for item in clicks]


def unchanged(_rng: np.random.Generator, clicks: Clicks) -> Clicks:
    return clicks


def found(pieces: Pieces, orders: Sequence[Sequence[Sequence[int]]], change: Change) -> dict[str, float]:
    """Return the share of `orders` in which each feature of the last piece is over its limit."""
    over: Counter[str] = Counter()
    for seed, order in enumerate(orders):
        features = pieces.features(order, np.random.default_rng(seed), change)
        level = FALSE_ALARMS * len(features) / FEATURES
        over.update(one.feature for one in check(features, CALENDAR, level, AT).in_state("drifting"))
        over.update({feature.sample.name: 0 for feature in features})
    return {name: count / len(orders) for name, count in over.items()}


def days_apart(pieces: Pieces) -> None:
    """Print the PSI of the categories of whole days from each other, less its floor."""
    by_day: dict[str, Counter[str]] = {}
    for query, clicks in zip(pieces.queries, pieces.clicks, strict=True):
        if query.at is not None:
            by_day.setdefault(f"{query.at:%a %d}", Counter()).update(pieces.category[item] for item in clicks)
    names = [name for name, count in sum(by_day.values(), Counter()).most_common() if count >= 40]
    table = {day: np.array([counts[name] for name in names]) for day, counts in by_day.items()}
    print("| days | PSI of the categories | floor |\n|---|---|---|")
    for one, other in combinations(table, 2):
        floor = psi_floor(len(names), table[one].sum(), table[other].sum())
        print(f"| {one}, {other} | {psi(shares(table[one]), shares(table[other])) - floor:.3f} | {floor:.3f} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ops.drift_on_mind", description=__doc__)
    parser.add_argument("folder", type=Path, help="news.tsv and behaviors.tsv with times")
    parser.add_argument("--trials", type=int, default=100, help="random divisions into equal pieces")
    arguments = parser.parse_args()
    pieces = Pieces(read_mind(arguments.folder))
    days_apart(pieces)
    n, rng = len(pieces.queries), np.random.default_rng(0)
    equal = [np.array_split(rng.permutation(n), PIECES) for _ in range(arguments.trials)]
    real = np.array_split(np.arange(n), PIECES)
    each_last = [[*real[:at], *real[at + 1 :], real[at]] for at in range(PIECES)]
    tables = {
        "equal pieces": found(pieces, equal, unchanged),
        "real pieces, each against all others": found(pieces, each_last, unchanged),
        "no sports": found(pieces, equal[:SEEDED], pieces.without("sports")),
        "a tenth in German": found(pieces, equal[:SEEDED], german(0.1)),
        "a fifth in German": found(pieces, equal[:SEEDED], german(0.2)),
        "all in German": found(pieces, equal[:SEEDED], german(1)),
    }
    names = list(tables["equal pieces"])
    print(f"\n{PIECES} pieces of {n // PIECES} impressions; the share over the limit\n")
    print(f"| | {' | '.join(names)} |\n|---{'|---' * len(names)}|")
    for title, shares_over in tables.items():
        print(f"| {title} | {' | '.join(f'{shares_over[name]:.1%}' for name in names)} |")


if __name__ == "__main__":
    main()
