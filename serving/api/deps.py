"""What the routes share: the service, the lane to the language model, and how work reaches them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from shortlist.core.config import ServeConfig
from shortlist.core.ranking import MAX_K, Filters
from shortlist.core.ranking import Request as Wish
from shortlist.serving.limits.llm_queue import LlmQueue
from shortlist.serving.service.in_time import Work, recommend_in_time
from shortlist.serving.service.schemas import MAX_TEXT, Problem
from shortlist.serving.service.service import Service

PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
MEANINGS = {
    400: "not JSON", 401: "no valid key", 403: "not allowed", 404: "unknown", 408: "incomplete", 413: "too large",
    422: "invalid", 429: "too many requests of this key", 503: "busy, or something needed is not at hand",
}  # fmt: skip
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": meaning, "content": PROBLEM_CONTENT}
    for status, meaning in MEANINGS.items()
}
K = Annotated[int, Query(ge=1, le=MAX_K, description="how many")]
Label = Annotated[str | None, Query(max_length=512)]
About = Annotated[str | None, Query(max_length=MAX_TEXT, description="what the reader is in the mood for")]
Sought = Annotated[str, Query(min_length=1, max_length=MAX_TEXT, pattern=r"\S", description="what to look for")]


def answered_by(shape: Any) -> dict[int | str, dict[str, Any]]:
    """The documented answers of a route."""
    return {200: {"model": shape}, **PROBLEMS}


async def service_of(request: Request) -> Service:
    """The service of the application."""
    service: Service = request.app.state.service
    return service


async def lane_of(request: Request) -> LlmQueue:
    """Its lane to the language model."""
    lane: LlmQueue = request.app.state.lane
    return lane


async def limits_of(request: Request) -> ServeConfig:
    """Its configuration."""
    limits: ServeConfig = request.app.state.limits
    return limits


Offered = Annotated[Service, Depends(service_of)]
LaneToModel = Annotated[LlmQueue, Depends(lane_of)]
Limits = Annotated[ServeConfig, Depends(limits_of)]


async def answered(work: Work, wish: Wish, service: Service, lane: LlmQueue, request: Request) -> dict[str, Any]:
    """What `work` makes of `wish`, in time; given up when the client leaves."""
    return await recommend_in_time(work, wish, service, lane, lambda: _gone(request))


async def _gone(request: Request) -> None:
    """Returns when the client has left."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def filters(
    max_duration: Annotated[float | None, Query(ge=0, le=1e9, allow_inf_nan=False, description="seconds")] = None,
    category: Label = None,
    channel: Label = None,
    language: Label = None,
    published_after: Annotated[date | datetime | None, Query(description="as 2026-11-01")] = None,
    published_before: Annotated[date | datetime | None, Query(description="the first that is too new")] = None,
    include_seen: bool = False,
) -> Filters:
    """The filters of `recommend` and `search`. Raises `RecordError` for a time that does not exist in UTC."""
    return Filters(
        max_duration,
        category,
        channel,
        language,
        moment_of(published_after),
        include_seen,
        published_before=moment_of(published_before),
    )


async def known_only(request: Request) -> None:
    """Refuses a parameter that the route does not have: a filter with a slip of the pen must not be passed over."""
    if not request.query_params:
        return
    route: APIRoute = request.scope["route"]
    described = request.app.openapi()["paths"][route.path_format][request.method.lower()].get("parameters", ())
    strange = sorted(set(request.query_params) - {one["name"] for one in described if one["in"] == "query"})
    if strange:
        errors = [{"loc": ("query", name), "msg": "There is no such parameter", "type": "extra"} for name in strange]
        raise RequestValidationError(errors)


Wanted = Annotated[Filters, Depends(filters)]


def moment_of(given: date | datetime | None) -> datetime | None:
    """The time that is meant; a day is its midnight in UTC, and so is the zone of a time without one."""
    if given is None:
        return None
    moment = given if isinstance(given, datetime) else datetime.combine(given, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
