"""The share of reasons that name a leg without which the video has a lower place: the legs are taken away in turn.

    python -m benchmarks.reasons HOME [--wishes FILE] [--readers 30]

One request of each reader without a wish and one with a wish, a line of FILE each. Left out are first places that stay
first, and requests to which only popularity answers.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from shortlist.agent.recommend import Recommender
from shortlist.core.config import Config
from shortlist.core.legs import LEGS
from shortlist.core.ranking import MAX_K, Answer, Request
from shortlist.engine.build import open_home, open_recommender

K = 10


def without(config: Config, leg: str) -> Config:
    """`config` in which `leg` has no weight."""
    weights = {key: getattr(config.retrieval, key) | {leg: 0.0} for key in ("weights", "text_weights")}
    return config.model_copy(update={"retrieval": config.retrieval.model_copy(update=weights)})


def requests_of(readers: Sequence[str], wishes: Sequence[str]) -> list[Request]:
    """One request of each reader without a wish, and one for each wish."""
    plain = [Request(reader, K, None, "none") for reader in readers]
    return plain + [Request(reader, K, wish, "none") for reader, wish in zip(cycle(readers), wishes, strict=False)]


def places_by(recommender: Recommender, request: Request) -> dict[str, int]:
    """The place of every video that is found."""
    final = recommender.rank_many([replace(request, k=MAX_K)])[0].result.final
    return {video_id: place for place, video_id in enumerate(final.ids, start=1)}


def count_lower(answer: Answer, places: Mapping[str, Mapping[str, int]]) -> Counter[tuple[str, bool]]:
    """Count the reasons of `answer` by their leg and by whether the place is lower by `places[leg]`."""
    counts: Counter[tuple[str, bool]] = Counter()
    for item in answer.recommendations:
        leg = item.reason_stage
        if leg is None or set(item.stages) == {"popular", "fusion"}:
            continue
        place = places[leg].get(item.video.id, MAX_K)
        if not place == item.rank == 1:
            counts[leg, place > item.rank] += 1
    return counts


def measure(config: Config, wishes: Sequence[str], n_readers: int | None = None) -> Counter[tuple[str, bool]]:
    """Count over the requests of the home of `config`."""
    counts: Counter[tuple[str, bool]] = Counter()
    with open_home(config) as home:
        whole = open_recommender(home, config)
        fewer = {leg: open_recommender(home, without(config, leg)) for leg in LEGS if leg in config.retrieval.weights}
        requests = requests_of(list(islice(home.catalogue.readers.ids(), n_readers)), wishes)
        for request, answer in zip(requests, whole.recommend_many(requests), strict=True):
            counts += count_lower(answer, {leg: places_by(one, request) for leg, one in fewer.items()})
    return counts


def main() -> None:
    """Print the share of each leg and of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--wishes", type=Path)
    parser.add_argument("--readers", type=int, default=30)
    given = parser.parse_args()
    wishes = given.wishes.read_text("utf-8").splitlines() if given.wishes else []
    counts = measure(Config(home=given.home), [line.rpartition("\t")[2] for line in wishes], given.readers)
    for leg in [*sorted({leg for leg, _ in counts}), None]:
        lower = sum(n for (name, fell), n in counts.items() if fell and leg in (name, None))
        total = sum(n for (name, _), n in counts.items() if leg in (name, None))
        print(f"{leg or 'all':>10} {lower:>5} of {total:>5} {lower / max(1, total):.3f}")


if __name__ == "__main__":
    main()
