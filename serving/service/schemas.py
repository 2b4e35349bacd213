"""The shapes of requests and answers, as pydantic models: requests are checked by them, answers documented."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field, InstanceOf

from shortlist.core.notes import NoteCode
from shortlist.core.ranking import MAX_K

MAX_TEXT = 2000
Id = Annotated[str, Field(min_length=1, max_length=512)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Rerank = Literal["auto", "none", "yesno", "letters", "list"]


# A wrong list has one fault, its first: naming millions would take minutes. Records are checked where they are stored.
Ids = Annotated[list[Id], FailFast()]
Records = Annotated[list[InstanceOf[dict[str, Any]]], FailFast()]


class RecommendIn(BaseModel):
    """Base of what is sent to us: a member it does not know is an error."""

    model_config = ConfigDict(extra="forbid")


class RankIn(RecommendIn):
    """Candidates to be put in order for a reader."""

    user_id: Id
    candidates: Ids = Field(min_length=1, max_length=MAX_K, description="ids of videos, seen ones too")
    about: Text | None = None
    rerank: Rerank = "auto"


class ChatIn(RecommendIn):
    """One message."""

    message: Text
    user: Id | None = Field(None, description="who is speaking")
    thread: Annotated[str, Field(min_length=1, max_length=128)] = "default"


class EventsIn(RecommendIn):
    """What readers did; each item has the columns of docs/data.md, `at` being now where it is missing."""

    events: Records = Field(
        min_length=1,
        examples=[[{"user_id": "user_123", "item_id": "night-train", "kind": "video", "action": "like"}]],
    )


class VideosIn(RecommendIn):
    """Videos, each with the columns of docs/data.md."""

    videos: Records = Field(
        min_length=1, examples=[[{"id": "v1", "title": "Night train", "transcript": "We left at nine."}]]
    )


class StageOut(BaseModel):
    """Where a stage put a video."""

    rank: int
    score: float


class SegmentOut(BaseModel):
    """A stretch of a transcript."""

    start_s: float | None
    end_s: float | None
    text: str


class VideoOut(BaseModel):
    """What a list shows of a video."""

    video_id: str
    title: str
    channel: str | None
    duration_s: float | None
    published: str | None
    url: str | None
    category: str | None
    summary: str | None


class RecommendationOut(VideoOut):
    """A recommendation."""

    rank: int
    score: float
    reason: str
    evidence: SegmentOut | None
    stages: dict[str, StageOut]


class ExplanationOut(VideoOut):
    """One video for a reader."""

    rank: int | None = Field(description="place among all videos, seen ones too; null below the best 1,000")
    score: float | None
    reason: str
    evidence: SegmentOut | None
    stages: dict[str, StageOut]


class ModelUseOut(BaseModel):
    """What the language model cost."""

    model: str | None
    calls: int
    prompt_tokens: int
    cached_calls: int


class NoteOut(BaseModel):
    """What a person should know about an answer; programs decide by `code`, which never changes."""

    code: NoteCode
    message: str


class AnswerOut(BaseModel):
    """The document of `recommend --json`."""

    user_id: str
    recommendations: list[RecommendationOut]
    notes: list[NoteOut]
    timings_ms: dict[str, float]
    llm: ModelUseOut


class HitOut(BaseModel):
    """A video in an order."""

    rank: int
    video_id: str
    title: str
    score: float
    stages: dict[str, StageOut]


class RankingOut(BaseModel):
    """Candidates in order; `not_ranked` are unknown, or nothing tells of them."""

    user_id: str
    ranking: list[HitOut]
    not_ranked: list[str]
    notes: list[NoteOut]
    timings_ms: dict[str, float]
    llm: ModelUseOut


class SearchOut(BaseModel):
    """The document of `search --json`."""

    query: str
    hits: list[HitOut]
    notes: list[NoteOut]
    timings_ms: dict[str, float]


class TranscriptOut(BaseModel):
    """What is said in a video."""

    language: str | None
    origin: str
    segments: list[SegmentOut]


class WholeVideoOut(VideoOut):
    """Everything about a video."""

    language: str | None
    description: str
    tags: list[str]
    made_by: dict[str, str]
    transcript: TranscriptOut
    metadata: dict[str, Any]


class HistoryOut(BaseModel):
    """Something a reader did."""

    item_id: str
    kind: str
    action: str
    at: str
    dwell_s: float | None
    title: str
    category: str | None
    weight: float


class ReaderOut(BaseModel):
    """A reader's profile and history."""

    user_id: str
    created: str | None
    interests: list[str]
    taste: str | None
    categories: dict[str, float]
    events: int
    session_start: str | None
    history: list[HistoryOut]


class ResultOut(BaseModel):
    """What became of one item of a batch."""

    id: str | None
    status: Literal["new", "changed", "unchanged", "failed"]
    reason: str | None = None


class ResultsOut(BaseModel):
    """What became of every item of a batch, in order."""

    results: list[ResultOut]


class RemovedOut(BaseModel):
    """The id of the event that was deleted."""

    removed: str


class StateOut(BaseModel):
    """How a server is."""

    status: str


class ReadinessOut(StateOut):
    """Without an encoder searches and wishes fail, and the rest is answered."""

    encoder: Literal["loaded", "missing"]


class Fault(BaseModel):
    """One thing wrong with a request."""

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
