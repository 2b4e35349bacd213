"""Pydantic models that document responses."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from shortlist.core.notes import NoteCode


class StageOut(BaseModel):
    """Rank and score of a video in one stage."""

    rank: int
    score: float
    contribution: float | None = Field(
        None, description="what the stage added to the final score, against the average of the best 30 candidates"
    )


class SegmentOut(BaseModel):
    """A segment of a transcript; times in seconds."""

    start_s: float | None
    end_s: float | None
    text: str


class VideoOut(BaseModel):
    """The fields of a video in a list."""

    video_id: str
    title: str
    channel: str | None
    duration_s: float | None
    published: str | None
    url: str | None
    category: str | None
    category_is_guess: bool
    summary: str | None


class RecommendationOut(VideoOut):
    """A recommendation."""

    rank: int
    score: float
    reason: str
    reason_stage: str | None = Field(description="the stage that the reason speaks of")
    evidence: SegmentOut | None
    stages: dict[str, StageOut]
    variant: str | None = Field(description="the variant of the experiment in progress that put the video there")
    propensity: float = Field(description="the probability with which the video was drawn for this rank")


class ExplanationOut(VideoOut):
    """An explanation of one video for a reader."""

    rank: int | None = Field(description="rank among all videos, including seen ones; null below the best 1,000")
    score: float | None
    reason: str
    reason_stage: str | None = Field(description="the stage that the reason speaks of")
    evidence: SegmentOut | None
    stages: dict[str, StageOut]


class ModelUseOut(BaseModel):
    """Usage of the language model."""

    model: str | None
    calls: int
    prompt_tokens: int
    cached_calls: int


class NoteOut(BaseModel):
    """A remark on an answer: `message` is for people, and `code`, which never changes, is for programs."""

    code: NoteCode
    message: str


class ShownOut(BaseModel):
    """A list that a reader was shown, and what it was made from."""

    user_id: str
    request_id: str | None = Field(description="the id for events about this list; null if it is not recorded")
    experiment: str | None = Field(description="the experiment in progress")
    revision: int = Field(description="the revision of the index")
    last_event: int = Field(description="the number of the event stored last when the profile was read")
    models: str = Field(description="the version of the trained models")


class AnswerOut(ShownOut):
    """The document of `recommend --json`."""

    recommendations: list[RecommendationOut]
    notes: list[NoteOut]
    timings_ms: dict[str, float]
    llm: ModelUseOut


class MoveOut(VideoOut):
    """A video of a list before or after a change."""

    before: int | None = Field(description="rank before the change; null below the best 100")
    after: int | None
    leg: str | None = Field(description="the leg that moved it most; null if only others moved")
    legs: dict[str, float] = Field(description="change of what each leg adds, against the median change")


class WhatIfOut(BaseModel):
    """The document of `whatif --json`: the best `k` after the change, then the videos that left them."""

    user_id: str
    k: int
    moves: list[MoveOut]
    notes: list[NoteOut]


class CauseOut(BaseModel):
    """An item of a history."""

    item_id: str
    kind: str
    title: str


class CounterfactualOut(BaseModel):
    """The fewest items of a history without which a video would not be in the list."""

    video_id: str
    without: list[CauseOut] = Field(description="empty if no set was found")
    rank: int | None = Field(description="rank without these items; null if unknown or below the best 100")
    sentence: str
    sets_tried: int
    smallest: bool = Field(description="true if no smaller set does it")


class ObjectiveOut(BaseModel):
    """What a reader wants of every list: amounts by name, from -1 (much less) to 1 (much more)."""

    user_id: str
    categories: dict[str, float]
    channels: dict[str, float]
    length_s: float | None
    never_channels: list[str] = Field(description="disliked channels; delete the event to take it back")
    words: list[str]


class HitOut(BaseModel):
    """A ranked video."""

    rank: int
    video_id: str
    title: str
    score: float
    stages: dict[str, StageOut]


class RankedOut(HitOut):
    """A ranked candidate."""

    variant: str | None = Field(description="the variant of the experiment in progress that put the video there")
    propensity: float = Field(description="the probability with which the video was drawn for this rank")


class RankingOut(ShownOut):
    """Ranked candidates; those in `not_ranked` are unknown or not indexed."""

    ranking: list[RankedOut]
    not_ranked: list[str]
    notes: list[NoteOut]
    timings_ms: dict[str, float]
    llm: ModelUseOut


class SearchHitOut(VideoOut):
    """A video that was found."""

    rank: int
    score: float
    stages: dict[str, StageOut]


class HitsOut(BaseModel):
    """Videos that were found, best first."""

    hits: list[SearchHitOut]
    notes: list[NoteOut]
    timings_ms: dict[str, float]


class SearchOut(HitsOut):
    """The document of `search --json`."""

    query: str


class SimilarOut(HitsOut):
    """The videos most similar to one."""

    video_id: str


class TranscriptOut(BaseModel):
    """The transcript of a video."""

    language: str | None
    origin: str
    segments: list[SegmentOut]


class WholeVideoOut(VideoOut):
    """All fields of a video."""

    language: str | None
    description: str
    tags: list[str]
    made_by: dict[str, str]
    transcript: TranscriptOut
    metadata: dict[str, Any]


class HistoryOut(BaseModel):
    """One item of a reader's history."""

    item_id: str
    kind: str
    action: str
    at: str
    dwell_s: float | None
    title: str
    category: str | None
    category_is_guess: bool
    weight: float


class ReaderItemOut(BaseModel):
    """The fields of a reader in a list."""

    user_id: str
    created: str | None
    interests: list[str]


class PageOut(BaseModel):
    """A page of a list."""

    next: str | None = Field(description="the `after` of the next page; null on the last page")


class ReadersOut(PageOut):
    """A page of readers."""

    readers: list[ReaderItemOut]


class VideosOut(PageOut):
    """A page of videos."""

    videos: list[VideoOut]


class ReaderOut(ReaderItemOut):
    """A reader's profile and history."""

    taste: str | None
    categories: dict[str, float]
    guessed_categories: list[str]
    events: int
    session_start: str | None
    history: list[HistoryOut]


class ResultOut(BaseModel):
    """The result for one item of a batch."""

    id: str | None
    status: Literal["new", "changed", "unchanged", "failed"]
    reason: str | None = None


class ResultsOut(BaseModel):
    """The results for the items of a batch, in the same order."""

    results: list[ResultOut]


class RemovedOut(BaseModel):
    """The id of what was deleted, and the signed receipt if it was forgotten."""

    removed: str
    receipt: dict[str, Any] | None = None


class StateOut(BaseModel):
    """The state of a server."""

    status: str


class ReadinessOut(StateOut):
    """The state of a server and its encoder. Searches and wishes fail without an encoder."""

    encoder: Literal["loaded", "missing"]


class Fault(BaseModel):
    """One error in a request."""

    where: str
    problem: str


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | None = None
    request_id: str | None = None
    errors: list[Fault] | None = None
    nearest: list[str] | None = None
