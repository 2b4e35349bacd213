"""Parse JSON bodies without blocking the event loop, however large or malformed they are."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import partial
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import Any, TypeVar

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from shortlist.serving.http.problems import MAX_ERRORS

M = TypeVar("M", bound=BaseModel)
MAX_MEMBERS = 1000  # of one object in a large body
SMALL_BODY = 64_000  # bytes that are parsed in a millisecond or two
BYTES_PER_VALUE = 16  # on average, at least: a body of numbers and braces alone takes 30 times its size in memory


class _PythonDecoder(json.JSONDecoder):
    """The decoder in pure Python. The one in C holds the interpreter lock until it has finished."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_object)
        self.scan_once = py_make_scanner(self)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_MEMBERS:  # filling a dictionary holds the interpreter lock, too
        raise HTTPException(413, f"expected at most {MAX_MEMBERS:,} members in one object")
    return dict(pairs)


def body_of(schema: type[M]) -> Callable[[Request], Awaitable[M]]:
    """Return a dependency that reads the body as a `schema`. Large bodies are parsed in a thread, one at a time."""

    async def read(request: Request) -> M:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not (kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))):
            raise _invalid(("header", "content-type"), "Input should be application/json")
        raw = await request.body()
        if len(raw) <= SMALL_BODY:
            return _parse(raw, schema, json.JSONDecoder())
        check_values(raw, request.app.state.limits.body_bytes // BYTES_PER_VALUE)
        return await request.app.state.parsers.run(partial(_parse, raw, schema, _PythonDecoder()))  # type: ignore[no-any-return]

    return read


def body_in_openapi(schema: type[BaseModel]) -> dict[str, Any]:
    """Return the description of such a body in /openapi.json."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema.model_json_schema()}}}}


def check_values(raw: bytes, limit: int) -> None:
    """Raise `HTTPException` 413 if `raw` may hold more than `limit` values. Separators inside texts count, too."""
    if raw.count(b",") + raw.count(b"[") + raw.count(b"{") >= limit:
        raise HTTPException(413, f"expected at most {limit:,} values in one request")


def _parse(raw: bytes, schema: type[M], decoder: json.JSONDecoder) -> M:
    """Return the body as a `schema`. Raises `RequestValidationError`, and `HTTPException` 400 if it is not JSON."""
    try:
        document = decoder.decode(raw.decode(json.detect_encoding(raw), "surrogatepass"))
    except json.JSONDecodeError as error:
        raise _invalid(("body", error.pos), f"JSON decode error: {error.msg}") from None
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body cannot be read as JSON") from None
    if isinstance(document, dict):
        unknown = [name for name in document if name not in schema.model_fields]
        if unknown:
            raise RequestValidationError(
                [_error(("body", name), "Extra inputs are not permitted") for name in unknown[:MAX_ERRORS]]
            )
    try:
        return schema.model_validate(document)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in errors]) from None


def _invalid(where: tuple[str | int, ...], problem: str) -> RequestValidationError:
    return RequestValidationError([_error(where, problem)])


def _error(where: tuple[str | int, ...], problem: str) -> dict[str, Any]:
    return {"type": "value_error", "loc": where, "msg": problem}
