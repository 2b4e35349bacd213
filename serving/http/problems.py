"""Errors as RFC 9457 problem documents.

Client errors are explained in the response. Server errors are only logged, under the same request id.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from shortlist.core.errors import (
    HomeLocked,
    ReadOnlyHome,
    ServiceError,
    ShortlistError,
    UnknownItem,
    UnknownReader,
    UsageError,
)
from shortlist.serving.http.request_id import request_id
from shortlist.serving.limits.llm_queue import ClientGone, QueueFull

MEDIA_TYPE = "application/problem+json"
ANSWER_ID = "Shortlist-Request-Id"  # not X-Request-Id, which a proxy may choose: events join a list by this one
CLIENT_GONE = 499  # the code that nginx logs; no client reads it
BUSY_S = 5
MAX_ERRORS = 20
EXPLAINED: Mapping[type[ShortlistError], int] = {UnknownItem: 404, ReadOnlyHome: 403, UsageError: 422}

log = logging.getLogger(__name__)


class JsonResponse(JSONResponse):
    """A JSON response whose texts may hold lone surrogates, which UTF-8 cannot encode: they are sent as escapes."""

    def render(self, content: Any) -> bytes:
        """See `JSONResponse.render`."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")


def answer_headers(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the header with the id under which the answer `document` is recorded, if it is."""
    recorded = document.get("request_id")
    return {ANSWER_ID: recorded} if recorded else {}


def problem(
    status: int, title: str, detail: str | None = None, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """Return a problem document with the extension members `more`; members that are None are left out."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    document = {name: value for name, value in document.items() if value is not None}
    content = {**document, "request_id": request_id.get()}
    response = JsonResponse(content, status, dict(headers or {}))
    response.headers["content-type"] = MEDIA_TYPE
    return response


def busy(title: str, seconds: float) -> Response:
    """Return a 503 that asks the client to retry after `seconds`."""
    return problem(503, title, headers={"Retry-After": str(max(1, round(seconds)))})


def problem_of(error: Exception) -> Response:
    """Return the problem document for `error`. Server errors are also logged."""
    match error:
        case HTTPException():
            phrase = HTTPStatus(error.status_code).phrase
            return problem(error.status_code, phrase, None if error.detail == phrase else error.detail, error.headers)
        case UnknownReader():
            return problem(404, "unknown reader", f"no reader is called {error.user_id!r}", nearest=list(error.nearest))
        case UnknownItem() | ReadOnlyHome() | UsageError():
            status = next(status for kind, status in EXPLAINED.items() if isinstance(error, kind))
            return problem(status, error.problem, f"expected {error.expected}, found {error.found}")
        case QueueFull():
            return busy(str(error), error.retry_after_s)
        case ClientGone():
            return Response(status_code=CLIENT_GONE)
        case HomeLocked():
            return busy("the home is being written by another process", BUSY_S)
    log.error("%s", error, exc_info=None if isinstance(error, ShortlistError) else error)
    if isinstance(error, ServiceError):
        return busy("a model that this needs is not at hand", BUSY_S)
    if isinstance(error, ShortlistError):
        return problem(503, "the state cannot be read", headers={"Retry-After": str(BUSY_S)})
    return problem(500, "internal error", "it was logged under this request's id")


def add_error_handlers(app: FastAPI) -> None:
    """Add handlers to `app` that answer every error with a problem document."""
    for kind in (HTTPException, ShortlistError, QueueFull, ClientGone, Exception):
        app.add_exception_handler(kind, _handle_error)
    app.add_exception_handler(RequestValidationError, _handle_invalid_request)


async def _handle_error(request: Request, error: Exception) -> Response:
    key = getattr(request.state, "key", None)
    if isinstance(error, UnknownReader) and key is not None and not key.may("readers"):
        error = UnknownReader(error.user_id, ())  # this key may not see the ids of other readers
    return problem_of(error)


async def _handle_invalid_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [{"where": ".".join(map(str, item["loc"]))[:200], "problem": item["msg"]} for item in error.errors()]
    return problem(422, "invalid request", errors=errors[:MAX_ERRORS])
