"""Frozen records of retrieval: requests, queries, rankings (the currency of every stage), recommendations, runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Annotated

import numpy as np
import numpy.typing as npt

from shortlist.core.notes import Note
from shortlist.core.types import NO_OBJECTIVE, Objective, Profile, Segment, Video
from shortlist.core.validation import check_seconds, check_text, check_time, require

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float32]
MAX_K = 1000


@dataclass(frozen=True, slots=True)
class Condition:
    """What a field of `Filters` means, as a sentence, and its name as a parameter; the field's own if None."""

    description: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on the videos to return; None means any. A video without a filtered field is left out.

    A video passes if `published_after` <= its time < `published_before`. `not_categories`, `not_channels` and
    `not_languages` exclude by name and keep videos without one. `not_words` excludes videos whose text or speech
    contains any of the words, `not_videos` excludes by id.

    Every face takes these conditions: `core.filter_fields` makes its parameters from what is declared here.
    """

    max_duration_s: Annotated[float | None, Condition("Only videos of at most this many seconds.", "max_duration")] = (
        None
    )
    category: Annotated[str | None, Condition("Only this category.")] = None
    channel: Annotated[str | None, Condition("Only this channel.")] = None
    language: Annotated[str | None, Condition("Only this language, as en.")] = None
    published_after: Annotated[
        datetime | None, Condition("Only videos of this day or time or later, as 2026-11-01.")
    ] = None
    include_seen: Annotated[bool, Condition("Include videos that the reader has seen.")] = False
    min_duration_s: Annotated[float | None, Condition("Only videos of at least this many seconds.", "min_duration")] = (
        None
    )
    not_categories: Annotated[tuple[str, ...], Condition("No videos of this category.", "not_category")] = ()
    not_channels: Annotated[tuple[str, ...], Condition("No videos of this channel.", "not_channel")] = ()
    not_words: Annotated[tuple[str, ...], Condition("No videos that say or show this word.", "not_word")] = ()
    published_before: Annotated[
        datetime | None, Condition("Only videos from before this day or time, as 2026-11-01.")
    ] = None
    not_languages: Annotated[tuple[str, ...], Condition("No videos in this language.", "not_language")] = ()
    not_videos: Annotated[tuple[str, ...], Condition("Not the video with this id.", "not_video")] = ()

    def __post_init__(self) -> None:
        check_seconds(self.max_duration_s, "--max-duration")
        check_seconds(self.min_duration_s, "shortest duration")
        check_time(self.published_after, "--published-after")
        check_time(self.published_before, "--published-before")


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A search by text, weighted terms, vectors, a profile, or nothing at all (then the `popular` leg answers).

    `vectors` is float32[n, d] with unit rows, and `vector_weights` is float32[n], aligned with it. `exclude` holds the
    ids to leave out, `only` the ids to choose from; None is all. `terms` are analysed index terms, not words. `at` is
    the time of the request: later acts of others are not counted; None is now. `weights` replace the configured weights
    of these legs.
    """

    k: int
    text: str | None = None
    terms: tuple[tuple[str, float], ...] = ()
    vectors: FloatArray | None = None
    vector_weights: FloatArray | None = None
    filters: Filters = Filters()
    exclude: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    profile: Profile | None = None
    at: datetime | None = None
    weights: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        check_text(self.text, "search text")
        require(1 <= self.k <= MAX_K, "bad number of results", f"1 to {MAX_K}", self.k, "choose another -k")
        if self.vectors is not None:
            require(self.vectors.ndim == 2, "bad query vectors", "float32[n, d]", self.vectors.shape)
            rows = None if self.vector_weights is None else self.vector_weights.shape
            require(rows == (self.vectors.shape[0],), "bad vector weights", "one weight a vector", rows)


@dataclass(frozen=True, slots=True)
class Stage:
    """An item's rank by one stage (1 is best), and its score in that stage's own unit.

    `contribution` is what the stage added to the final score, against the average of the best candidates; None where
    the final score is not a sum of which the stage is a part.
    """

    rank: int
    score: float
    contribution: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LegPlaces:
    """Scores and ranks of one leg for the n items of a fused ranking, among all candidates.

    `ranks`, int64[n], and `scores`, float64[n], are aligned with the ids of the fused ranking; the rank of an item that
    the leg did not find is 0. The fusion multiplied the weight of the leg by `confidence`, from 0 to 1. `whole` returns
    the leg's ranking of all candidates, which is sorted only then.
    """

    origin: str
    ranks: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    confidence: float
    whole: Callable[[], Ranking]

    def at(self, places: npt.NDArray[np.int64]) -> LegPlaces:
        """Return these places for a ranking of other order or length: item i was at `places[i]`."""
        return replace(self, ranks=self.ranks[places], scores=self.scores[places])


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Items from best to worst. Ids are unique; scores, float64[n] aligned with `ids`, never increase.

    Scores of rankings with different `origin` have no common unit. `sources` are the rankings that a rerank was made
    from, `legs` those of a fusion; `notes` are facts about it that a person should know. `contributions`, float64[n] by
    the origin of a source or leg, are what it added to each score, against the average of the best.
    """

    ids: tuple[str, ...]
    scores: npt.NDArray[np.float64]
    origin: str
    sources: tuple[Ranking, ...] = ()
    notes: tuple[Note, ...] = ()
    contributions: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    legs: tuple[LegPlaces, ...] = ()

    def __post_init__(self) -> None:
        require(
            len(self.ids) == len(self.scores),
            "misaligned ranking",
            "one score an id",
            (len(self.ids), len(self.scores)),
        )
        require(
            len(set(self.ids)) == len(self.ids),
            "bad ranking",
            "unique ids",
            f"{len(self.ids) - len(set(self.ids))} repeated",
        )
        require(
            bool(np.isfinite(self.scores).all()),
            "bad ranking",
            "finite scores",
            f"a non-finite score from {self.origin}",
        )
        require(
            bool((np.diff(self.scores) <= 0).all()),
            "bad ranking",
            "scores from high to low",
            f"an increase from {self.origin}",
        )
        for name, values in self.contributions.items():
            require(len(values) == len(self.ids), "misaligned contributions", "one an id", f"{len(values)} from {name}")

    @classmethod
    def of(
        cls,
        scored: Mapping[str, float] | Iterable[tuple[str, float]],
        origin: str,
        *,
        limit: int | None = None,
        sources: Sequence[Ranking] = (),
        notes: Sequence[Note] = (),
    ) -> Ranking:
        """Return the ranking of `scored` by descending score, ties by ascending id, cut to `limit`."""
        pairs = scored.items() if isinstance(scored, Mapping) else scored
        ordered = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:limit]
        ids = tuple(item for item, _ in ordered)
        scores = np.fromiter((score for _, score in ordered), dtype=np.float64, count=len(ordered))
        return cls(ids, scores, origin, tuple(sources), tuple(notes))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def stages(self) -> dict[str, Stage]:
        """`Stage` by id."""
        return {
            item: Stage(rank, float(score))
            for rank, (item, score) in enumerate(zip(self.ids, self.scores, strict=True), start=1)
        }


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A video for a reader, with a reason, a segment of its transcript as evidence, and its rank by each stage.

    `reason_stage` is the stage that the reason is about; None if it is about none. `variant` is the variant of an
    experiment that put the video there, and `propensity` the probability with which it was drawn for this rank.
    """

    video: Video
    rank: int
    score: float
    reason: str
    evidence: Segment | None
    stages: Mapping[str, Stage]
    reason_stage: str | None = None
    variant: str | None = None
    propensity: float = 1.0


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Use of the language model: calls that reached it, tokens it read and wrote, calls answered from the cache."""

    model: str | None = None
    calls: int = 0
    prompt_tokens: int = 0
    cached_calls: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a request, to ask "what if?": an empty one changes nothing.

    Items of the history whose ids are in `without` say nothing of the taste, but are left out of lists as before.
    `objective` is merged with the reader's own. `weights` are pairs of a leg and its weight, and replace the configured
    ones. `half_life_days` replaces that of the profile.
    """

    without: frozenset[str] = frozenset()
    objective: Objective = NO_OBJECTIVE
    weights: tuple[tuple[str, float], ...] = ()
    half_life_days: float | None = None


NO_CHANGE = Change()


@dataclass(frozen=True, slots=True)
class Request:
    """A request for recommendations. `rerank` is auto, none or the name of a method.

    `only` restricts the results to these ids. `like` is the id of a video: similar videos are searched instead of those
    that fit the reader's profile. `budget_ms` bounds the rerank. `at` is the time of the request; None is now. `change`
    is what differs from the reader's usual list.
    """

    user_id: str
    k: int = 10
    wish: str | None = None
    rerank: str = "auto"
    budget_ms: float | None = None
    filters: Filters = Filters()
    only: frozenset[str] | None = None
    like: str | None = None
    at: datetime | None = None
    change: Change = NO_CHANGE

    def __post_init__(self) -> None:
        check_text(self.user_id, "user id")
        check_text(self.wish, "wish")


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """The recommendations for one `Request`, with notes, milliseconds by stage and use of the language model.

    It prints as a list, and is shown as a table in notebooks.

    `revision` is that of the index, `last_event` the number of the event stored last when the profile was read,
    `models` the version of the trained models, and `experiment` the one in progress. `request_id` is the id under which
    the answer was recorded.
    """

    user_id: str
    recommendations: tuple[Recommendation, ...]
    notes: tuple[Note, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    llm: ModelUse = ModelUse()
    revision: int = 0
    last_event: int = 0
    models: str = "none"
    experiment: str | None = None
    request_id: str | None = None

    def __repr__(self) -> str:
        number = len(self.recommendations)
        head = f"<Answer for {self.user_id}: {number} video{'' if number == 1 else 's'}>"
        return "\n".join([head, *(f"{rank:>2}. {title} | {reason}" for rank, title, *_, reason in self._table())])

    def _repr_html_(self) -> str:
        rows = [("", "title", "channel", "seconds", "reason"), *self._table()]
        cells = ("".join(f"<td>{escape(str(value))}</td>" for value in row) for row in rows)
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame with a row for each recommendation, best first.

        Columns: rank, score, video_id, title, channel, category, duration_s, published, url, reason.
        """
        import pandas as pd

        columns = (
            "rank", "score", "video_id", "title", "channel", "category", "duration_s", "published", "url", "reason",
        )  # fmt: skip
        rows = [
            (
                one.rank, one.score, one.video.id, one.video.display_title, one.video.channel, one.video.category,
                one.video.duration_s, one.video.published, one.video.url, one.reason,
            )
            for one in self.recommendations
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=pd.Index(columns))

    def _table(self) -> Iterator[tuple[int, str, str, str, str]]:
        """Yield rank, title, channel, seconds and reason of each recommendation."""
        for one in self.recommendations:
            seconds = "" if one.video.duration_s is None else f"{one.video.duration_s:.0f}"
            yield one.rank, one.video.display_title, one.video.channel or "", seconds, one.reason


@dataclass(frozen=True, slots=True)
class Run:
    """One variant over one data set: every query has a ranking or, in `failed`, the reason for having none."""

    variant: str
    config_hash: str
    data_hash: str
    rankings: Mapping[str, Ranking]
    failed: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        overlap = set(self.rankings) & set(self.failed)
        found = f"{len(overlap)} both ranked and failed"
        require(not overlap, "contradictory run", "each query ranked or failed", found)
