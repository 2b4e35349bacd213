"""Dependencies and parameters that several routes use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from shortlist.core.config_sections.serving import ServeConfig
from shortlist.core.filter_fields import FilterField, with_filters
from shortlist.core.ranking import MAX_K, Filters
from shortlist.serving.service.request_schemas import MAX_TEXT
from shortlist.serving.service.response_schemas import Problem
from shortlist.serving.service.service import Service

PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
DESCRIPTIONS = {
    400: "not JSON", 401: "no valid key", 403: "not allowed", 404: "unknown", 408: "incomplete", 413: "too large",
    422: "invalid", 429: "too many requests of this key", 503: "busy, or a model or the stored data is not available",
}  # fmt: skip
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description, "content": PROBLEM_CONTENT}
    for status, description in DESCRIPTIONS.items()
}
K = Annotated[int, Query(ge=1, le=MAX_K, description="how many")]
Wish = Annotated[str | None, Query(max_length=MAX_TEXT, description="what the reader is in the mood for")]
Text = Annotated[str, Query(min_length=1, max_length=MAX_TEXT, pattern=r"\S", description="what to look for")]


def responses(schema: Any) -> dict[int | str, dict[str, Any]]:
    """Return the documented responses of a route whose successful response is a `schema`."""
    return {200: {"model": schema}, **PROBLEMS}


async def service_of(request: Request) -> Service:
    """Return the service of the application."""
    service: Service = request.app.state.service
    return service


async def limits_of(request: Request) -> ServeConfig:
    """Return the limits of the application."""
    limits: ServeConfig = request.app.state.limits
    return limits


ServiceDep = Annotated[Service, Depends(service_of)]
Limits = Annotated[ServeConfig, Depends(limits_of)]


async def disconnected(request: Request) -> None:
    """Return when the client has disconnected."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _query(field: FilterField) -> Any:
    seconds = Annotated[float | None, Query(ge=0, le=1e9, allow_inf_nan=False, description=field.description)]
    name = Annotated[str | None, Query(max_length=512, description=field.description)]
    names = Annotated[
        Sequence[Annotated[str, Query(max_length=512)]],
        Query(max_length=50, description=f"{field.description} May be repeated."),
    ]
    moment = Annotated[date | datetime | None, Query(description=field.description)]
    flag = Annotated[bool, Query(description=field.description)]
    return {"seconds": seconds, "name": name, "names": names, "moment": moment, "flag": flag}[field.kind]


@with_filters(_query)
async def filters(filters: Filters) -> Filters:
    """Return the filters of a request. Raises `RecordError` for a time that does not exist in UTC."""
    return filters


async def reject_unknown_parameters(request: Request) -> None:
    """Reject query parameters that the route does not have, such as a misspelt filter."""
    if not request.query_params:
        return
    route: APIRoute = request.scope["route"]
    described = request.app.openapi()["paths"][route.path_format][request.method.lower()].get("parameters", ())
    unknown = sorted(set(request.query_params) - {item["name"] for item in described if item["in"] == "query"})
    if unknown:
        errors = [{"loc": ("query", name), "msg": "There is no such parameter", "type": "extra"} for name in unknown]
        raise RequestValidationError(errors)


FilterParams = Annotated[Filters, Depends(filters)]
