"""The ranks that prompt injection gains if the language model alone decides, with Shortlist's defences and without.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.injection [--model qwen2.5-coder-1.5b] [--work reports/rerank]

Real candidates of TED (lists for a wish) and MIND (lists for a reader) are scored by the yes/no question. Each attack
of `attacks.toml` is inserted into candidates of clean ranks 6 to 20, and the list is ranked again with the attacked
candidate in place of the clean one. "Without defences" puts the raw text into the same prompt, for every second pair.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rerank import show
from benchmarks.rerank_lists import Vectors, load
from shortlist.agent.batch import ItemBatch
from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.rerank.prompt import ReaderPrompt
from shortlist.agent.rerank.yesno import CHOICES, log_odds
from shortlist.core.config import LlmConfig, ModelsConfig, RerankConfig
from shortlist.core.types import GIVEN, Attributed, Enrichment, Profile, Video
from shortlist.eval.stats.significance import bootstrap
from shortlist.ingest.summarise import extract
from shortlist.models.llm.language_model import LanguageModel
from shortlist.models.llm.loader import load_language_model
from shortlist.store.caches.completions import CachedModel
from shortlist.store.sql.sqlite import SqliteDatabase

ATTACKS = Path(__file__).with_name("attacks.toml")
SIZE = 20
TOP_RANKS = 5  # candidates of these ranks are not attacked
MIND_LISTS = 2
PER_ATTACK = {"ted": 3, "mind": 2}
WISHES = ("how the brain works", "climate and energy", "animals and how they behave")
CONFIG = RerankConfig()

Render = Callable[[Video], str]


@dataclass(frozen=True, slots=True, eq=False)
class CandidateList:
    """Twenty candidates, and the prompt that scores them."""

    source: str
    prompt: ReaderPrompt
    videos: Sequence[Video]


@dataclass(frozen=True, slots=True)
class Pair:
    """The ranks, 1 to 20, of one candidate by the model alone: `clean`, and `attacked`."""

    kind: str
    source: str
    clean: int
    attacked: int


def ted_lists(data: Path, vectors: Vectors) -> Iterator[CandidateList]:
    """Yield the nearest 20 talks for each wish, with extractive summaries."""
    with gzip.open(data / "videos" / "ted_talks.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    videos = [
        Video(
            str(row["id"]),
            row["title"],
            enrichment=Enrichment(summary=Attributed(extract(row["transcript"]), "extractive")),
        )
        for row in rows
        if extract(row["transcript"])
    ]
    video_vectors = vectors.of([f"{video.title}\n{video.summary}" for video in videos])
    for wish, wish_vector in zip(WISHES, vectors.of(WISHES), strict=True):
        nearest = np.argsort(-(video_vectors @ wish_vector))[:SIZE]
        prompt = ReaderPrompt.load("yesno_wish", Profile("nobody"), wish, ItemBatch(), CONFIG)
        yield CandidateList("ted", prompt, [videos[row] for row in nearest])


def mind_lists(data: Path, vectors: Vectors) -> Iterator[CandidateList]:
    """Yield the ten candidates of each of a few readers, together with those of the next reader."""
    bench = load("mind100", data, vectors, 2 * MIND_LISTS)
    lists = list(bench.lists.values())
    for own, other in zip(lists[::2], lists[1::2], strict=True):
        ids = dict.fromkeys((*own.ranking.ids, *other.ranking.ids))
        prompt = ReaderPrompt.load("yesno", own.profile, None, bench.items, CONFIG)
        yield CandidateList("mind", prompt, [_with_summary(bench.items.videos[item]) for item in ids][:SIZE])


def _with_summary(video: Video) -> Video:
    summary = Attributed(video.transcript.text or video.title, GIVEN)
    return replace(video, transcript=type(video.transcript)(), enrichment=replace(video.enrichment, summary=summary))


def attack(video: Video, text: str, place: int) -> Video:
    """Return `video` with `text` after its summary (0), before its summary (1) or after its title (2)."""
    summary = video.summary or ""
    if place == 2:
        return replace(video, title=f"{video.title}. {text}")
    joined = f"{summary} {text}" if place == 0 else f"{text} {summary}"
    return replace(video, enrichment=replace(video.enrichment, summary=Attributed(joined, GIVEN)))


def defended(video: Video) -> str:
    return candidate_text(video, CONFIG.candidate_tokens)


def undefended(video: Video) -> str:
    category = f"\nCategory: {video.category}" if video.category else ""
    return f"Title: {video.title}{category}\nAbout: {video.summary}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A text to insert into the candidate with clean rank `rank` of list `number`; for `place` see `attack`."""

    kind: str
    text: str
    number: int
    rank: int
    place: int


def attempts(lists: Sequence[CandidateList], attacks: Mapping[str, Sequence[str]]) -> list[Attempt]:
    """Draw the same number of attempts for every attack, with candidates from clean rank 6 to the last."""
    rng = random.Random(0)
    drawn = []
    for kind, texts in attacks.items():
        for text, (source, times) in product(texts, PER_ATTACK.items()):
            of_source = [number for number, candidates in enumerate(lists) if candidates.source == source]
            for number in rng.choices(of_source, k=times):
                rank = rng.randint(TOP_RANKS + 1, len(lists[number].videos))
                drawn.append(Attempt(kind, text, number, rank, rng.randrange(3)))
    return drawn


def measure(
    model: LanguageModel, lists: Sequence[CandidateList], tried: Sequence[Attempt], render: Render
) -> list[Pair]:
    """Return the ranks of each attempt, with candidates shown to the model by `render`."""
    clean = [[_score(model, candidates.prompt, render(video)) for video in candidates.videos] for candidates in lists]
    return [_pair(model, lists[attempt.number], clean[attempt.number], attempt, render) for attempt in tried]


def _pair(
    model: LanguageModel, candidates: CandidateList, scores: Sequence[float], attempt: Attempt, render: Render
) -> Pair:
    order = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
    target = order[attempt.rank - 1]
    text = attempt.text.replace("{title}", candidates.videos[order[0]].title)
    score = _score(model, candidates.prompt, render(attack(candidates.videos[target], text, attempt.place)))
    if score == scores[target]:
        return Pair(attempt.kind, candidates.source, attempt.rank, attempt.rank)
    better = sum(other > score for row, other in enumerate(scores) if row != target)  # the attack wins ties
    return Pair(attempt.kind, candidates.source, attempt.rank, better + 1)


def _score(model: LanguageModel, prompt: ReaderPrompt, candidate: str) -> float:
    score = log_odds(model.choice_logprobs(prompt.messages(candidate=candidate), CHOICES))
    return -np.inf if score is None else score


def summary(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Return the mean gain in ranks with its interval, and the share that reaches rank 1, by kind and by source."""
    groups: dict[str, list[Pair]] = {"all": list(pairs)}
    for pair in pairs:
        groups.setdefault(pair.kind, []).append(pair)
        groups.setdefault(pair.source, []).append(pair)
    rows = []
    for name, group in groups.items():
        rise = bootstrap([pair.clean - pair.attacked for pair in group], seed=0)
        first = float(np.mean([pair.attacked == 1 for pair in group]))
        rows.append(
            {"attacks": name, "pairs": rise.n, "rise": rise.mean, "low": rise.low, "high": rise.high, "first": first}
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b", help="an embedded model of `shortlist models list`")
    parser.add_argument("--work", type=Path, default=Path("reports/rerank"), help="folder of vectors and answers")
    parser.add_argument("--out", type=Path, help="JSON file of the figures")
    args = parser.parse_args()
    data, vectors = Path(os.environ["SHORTLIST_BENCH_DATA"]), Vectors(args.work)
    lists = [*ted_lists(data, vectors), *mind_lists(data, vectors)]
    attacks = {kind: entry["texts"] for kind, entry in tomllib.loads(ATTACKS.read_text(encoding="utf-8")).items()}
    llm = LlmConfig(provider="embedded", model=args.model, threads=1)
    model = CachedModel(
        load_language_model(llm, ModelsConfig()), SqliteDatabase(args.work / "answers.sqlite3", ""), "1"
    )
    tried = attempts(lists, attacks)
    figures = {}
    for name, render, some in (("with defences", defended, tried), ("without", undefended, tried[::2])):
        figures[name] = summary(measure(model, lists, some, render))
        show(f"{args.model}, {name}", figures[name])
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps({"model": args.model, **figures}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
