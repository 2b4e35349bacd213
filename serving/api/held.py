"""What the routes share: the service, the lane to the language model, and how work reaches them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from shortlist.core.config import ServeConfig
from shortlist.core.ranking import Request as Wish
from shortlist.serving.lane import Lane
from shortlist.serving.schemas import Problem
from shortlist.serving.service import Service
from shortlist.serving.timely import Work, timely

PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
MEANINGS = {
    400: "not JSON", 401: "no valid key", 403: "not allowed", 404: "unknown", 408: "incomplete", 413: "too large",
    422: "invalid", 429: "too many requests of this key", 503: "busy, or something needed is not at hand",
}  # fmt: skip
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": meaning, "content": PROBLEM_CONTENT}
    for status, meaning in MEANINGS.items()
}


def answered_by(shape: Any) -> dict[int | str, dict[str, Any]]:
    """The documented answers of a route."""
    return {200: {"model": shape}, **PROBLEMS}


async def service_of(request: Request) -> Service:
    """The service of the application."""
    service: Service = request.app.state.service
    return service


async def lane_of(request: Request) -> Lane:
    """Its lane to the language model."""
    lane: Lane = request.app.state.lane
    return lane


async def limits_of(request: Request) -> ServeConfig:
    """Its configuration."""
    limits: ServeConfig = request.app.state.limits
    return limits


Offered = Annotated[Service, Depends(service_of)]
LaneToModel = Annotated[Lane, Depends(lane_of)]
Limits = Annotated[ServeConfig, Depends(limits_of)]


async def answered(work: Work, wish: Wish, service: Service, lane: Lane, request: Request) -> dict[str, Any]:
    """What `work` makes of `wish`, in time; given up when the client leaves."""
    return await timely(work, wish, service, lane, lambda: _gone(request))


async def _gone(request: Request) -> None:
    """Returns when the client has left."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
