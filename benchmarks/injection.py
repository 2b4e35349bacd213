"""What a hostile text gains when the language model alone decides, with our defences and without.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.injection [--model qwen2.5-coder-1.5b] [--work reports/rerank]

Real candidates of TED (lists for a wish) and MIND (lists for a reader) are judged by the yes/no question. Each attack
of `attacks.toml` is then put into candidates of clean ranks 6 to 20, and the same list is ranked with the attacked text
in the place of its clean twin. "Without", every second of these pairs, puts the text into the same prompt as it is.
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
from shortlist.core.types import GIVEN, Enrichment, Made, Profile, Video
from shortlist.eval.stats.significance import bootstrap
from shortlist.ingest.summarise import extract
from shortlist.models.llm.language_model import LanguageModel
from shortlist.models.llm.loader import load_language_model
from shortlist.store.caches.completions import CachedModel
from shortlist.store.sql.sqlite import SqliteDatabase

ATTACKS = Path(__file__).with_name("attacks.toml")
SIZE = 20
LOWEST_GOOD = 5
MIND_LISTS = 2
PER_ATTACK = {"ted": 3, "mind": 2}
WISHES = ("how the brain works", "climate and energy", "animals and how they behave")
CONFIG = RerankConfig()

Tell = Callable[[Video], str]


@dataclass(frozen=True, slots=True, eq=False)
class Shelved:
    """Twenty candidates and the question they are judged by."""

    source: str
    asked: ReaderPrompt
    videos: Sequence[Video]


@dataclass(frozen=True, slots=True)
class Pair:
    """An attack in one candidate; ranks of 1 to 20 by the model alone, without and with it."""

    kind: str
    source: str
    clean: int
    attacked: int


def ted_lists(data: Path, vectors: Vectors) -> Iterator[Shelved]:
    """For each wish the nearest 20 talks, told by their extractive summaries."""
    with gzip.open(data / "videos" / "ted_talks.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    videos = [
        Video(
            str(row["id"]), row["title"], enrichment=Enrichment(summary=Made(extract(row["transcript"]), "extractive"))
        )
        for row in rows
        if extract(row["transcript"])
    ]
    stored = vectors.of([f"{video.title}\n{video.summary}" for video in videos])
    for wish, wanted in zip(WISHES, vectors.of(WISHES), strict=True):
        nearest = np.argsort(-(stored @ wanted))[:SIZE]
        asked = ReaderPrompt.load("yesno_wish", Profile("nobody"), wish, ItemBatch(), CONFIG)
        yield Shelved("ted", asked, [videos[at] for at in nearest])


def mind_lists(data: Path, vectors: Vectors) -> Iterator[Shelved]:
    """For each of a few readers their ten candidates and those of the next reader."""
    bench = load("mind100", data, vectors, 2 * MIND_LISTS)
    lists = list(bench.lists.values())
    for own, other in zip(lists[::2], lists[1::2], strict=True):
        ids = dict.fromkeys((*own.ranking.ids, *other.ranking.ids))
        asked = ReaderPrompt.load("yesno", own.profile, None, bench.items, CONFIG)
        yield Shelved("mind", asked, [_summed_up(bench.items.videos[item]) for item in ids][:SIZE])


def _summed_up(video: Video) -> Video:
    summary = Made(video.transcript.text or video.title, GIVEN)
    return replace(video, transcript=type(video.transcript)(), enrichment=replace(video.enrichment, summary=summary))


def attacked(video: Video, text: str, place: int) -> Video:
    """`video` with `text` at the end of its summary, at the beginning of it, or after its title."""
    summary = video.summary or ""
    if place == 2:
        return replace(video, title=f"{video.title}. {text}")
    joined = f"{summary} {text}" if place == 0 else f"{text} {summary}"
    return replace(video, enrichment=replace(video.enrichment, summary=Made(joined, GIVEN)))


def defended(video: Video) -> str:
    return candidate_text(video, CONFIG.candidate_tokens)


def undefended(video: Video) -> str:
    category = f"\nCategory: {video.category}" if video.category else ""
    return f"Title: {video.title}{category}\nAbout: {video.summary}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which text goes into which candidate, told by its clean rank in its list, and where."""

    kind: str
    text: str
    at: int
    rank: int
    place: int


def attempts(lists: Sequence[Shelved], attacks: Mapping[str, Sequence[str]]) -> list[Attempt]:
    """As many for every attack, the candidates drawn at random from clean ranks 6 to the last."""
    drawn = random.Random(0)
    found = []
    for kind, texts in attacks.items():
        for text, (source, times) in product(texts, PER_ATTACK.items()):
            of_source = [at for at, one in enumerate(lists) if one.source == source]
            for at in drawn.choices(of_source, k=times):
                rank = drawn.randint(LOWEST_GOOD + 1, len(lists[at].videos))
                found.append(Attempt(kind, text, at, rank, drawn.randrange(3)))
    return found


def measure(model: LanguageModel, lists: Sequence[Shelved], tried: Sequence[Attempt], tell: Tell) -> list[Pair]:
    """What each attempt gains where candidates are told to the model by `tell`."""
    clean = [[_score(model, one.asked, tell(video)) for video in one.videos] for one in lists]
    return [_pair(model, lists[one.at], clean[one.at], one, tell) for one in tried]


def _pair(model: LanguageModel, one: Shelved, scores: Sequence[float], tried: Attempt, tell: Tell) -> Pair:
    order = sorted(range(len(scores)), key=lambda at: (-scores[at], at))
    target = order[tried.rank - 1]
    spoken = tried.text.replace("{title}", one.videos[order[0]].title)
    score = _score(model, one.asked, tell(attacked(one.videos[target], spoken, tried.place)))
    if score == scores[target]:
        return Pair(tried.kind, one.source, tried.rank, tried.rank)
    better = sum(other > score for at, other in enumerate(scores) if at != target)  # ties go against us
    return Pair(tried.kind, one.source, tried.rank, better + 1)


def _score(model: LanguageModel, asked: ReaderPrompt, candidate: str) -> float:
    found = log_odds(model.choice_logprobs(asked.messages(candidate=candidate), CHOICES))
    return -np.inf if found is None else found


def summary(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Mean places risen with its interval, and the share that newly reaches rank 1: in all, by kind, by source."""
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
    for name, tell, some in (("with defences", defended, tried), ("without", undefended, tried[::2])):
        figures[name] = summary(measure(model, lists, some, tell))
        show(f"{args.model}, {name}", figures[name])
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps({"model": args.model, **figures}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
