"""Pydantic models of request bodies."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, FailFast, Field, InstanceOf, model_validator

from shortlist.core.ranking import MAX_K
from shortlist.core.types import Objective

MAX_TEXT = 2000
Id = Annotated[str, Field(min_length=1, max_length=512)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Rerank = Literal["auto", "none", "yesno", "letters", "list", "student"]


# Validation of a list stops at the first error: naming millions would take minutes. Records are checked when stored.
Ids = Annotated[list[Id], FailFast()]
Records = Annotated[list[InstanceOf[dict[str, Any]]], FailFast()]


class RequestBody(BaseModel):
    """Base of request bodies. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")


class RankIn(RequestBody):
    """Candidates to rank for a reader."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user_id": "user_123", "candidates": ["night-train", "v1"], "rerank": "none"}]}
    )
    user_id: Id
    candidates: Ids = Field(min_length=1, max_length=MAX_K, description="ids of videos; the reader may have seen them")
    about: Text | None = None
    rerank: Rerank = "auto"


Amount = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Amounts = Annotated[dict[Id, Amount], Field(max_length=100)]
AMOUNTS = "name = amount, from -1 (much less) to 1 (much more); 0 is as without the entry"


class ObjectiveIn(RequestBody):
    """A reader's own objective."""

    categories: Amounts = Field(default_factory=dict, description=AMOUNTS)
    channels: Amounts = Field(default_factory=dict, description=AMOUNTS)
    length_s: float | None = Field(
        None, ge=0, le=1e6, allow_inf_nan=False, description="seconds above which a video is wanted less; 0 is none"
    )

    @property
    def objective(self) -> Objective:
        """The objective as a record."""
        return Objective(tuple(sorted(self.categories.items())), tuple(sorted(self.channels.items())), self.length_s)


class WhatIfIn(RequestBody):
    """A change of a reader's list."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user_id": "user_123", "objective": {"categories": {"Sports": -1}}}]}
    )
    user_id: Id
    without: Ids = Field(default_factory=list, max_length=1000, description="ids of items of the history to leave out")
    objective: ObjectiveIn = Field(default_factory=ObjectiveIn, description="merged with the reader's own")
    weights: Annotated[dict[Id, Annotated[float, Field(ge=0, le=1e6)]], Field(max_length=20)] = Field(
        default_factory=dict, description="leg = weight, in the place of the configured one"
    )
    half_life_days: float | None = Field(None, gt=0, le=1e6, description="of an event's weight")


class ChatIn(RequestBody):
    """One message of a chat."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "three about bread for user_123", "thread": "phone"}]}
    )
    message: Text
    user: Id | None = Field(None, description="id of the reader who writes")
    thread: Annotated[str, Field(min_length=1, max_length=128)] = "default"
    rerank: Literal["auto", "none"] = "auto"


class EventsIn(RequestBody):
    """Events, each with the columns of docs/data.md. A missing `at` is the current time."""

    events: Records = Field(
        min_length=1,
        examples=[[{"user_id": "user_123", "item_id": "night-train", "kind": "video", "action": "like"}]],
    )


class VideosIn(RequestBody):
    """Videos, each with the columns of docs/data.md."""

    videos: Records = Field(
        min_length=1, examples=[[{"id": "v1", "title": "Night train", "transcript": "We left at nine."}]]
    )


class RecommendBody(RequestBody):
    """A reader who gets recommendations."""

    user_id: Id
    k: int = Field(10, ge=1, le=MAX_K)
    about: Text | None = None
    rerank: Rerank = "auto"
    include_seen: bool = False


class SearchBody(RequestBody):
    """A text to search videos for."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]
    k: int = Field(10, ge=1, le=MAX_K)


class InvocationIn(RequestBody):
    """A request to an endpoint of SageMaker: exactly one of the operations."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"recommend": {"user_id": "user_123", "k": 5}}]})
    recommend: RecommendBody | None = None
    rank: RankIn | None = None
    search: SearchBody | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(one is not None for one in (self.recommend, self.rank, self.search)) != 1:
            raise ValueError("expected one of recommend, rank and search")
        return self
