"""JSON bodies, read without keeping the event loop from other requests, however large or odd they are."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import partial
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import Any, TypeVar

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from shortlist.serving.http.problems import SHOWN_FAULTS

M = TypeVar("M", bound=BaseModel)
MAX_MEMBERS = 1000  # of one object in a large body
SMALL = 64_000  # bytes that are parsed within a millisecond or two
BYTES_PER_VALUE = 16  # of an allowed body on average: numbers and braces alone would take 30 times its size in memory


class _PythonDecoder(json.JSONDecoder):
    """The decoder written in Python: other threads run while it works. The one in C blocks them until it is done."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_object)
        self.scan_once = py_make_scanner(self)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if (
        len(pairs) > MAX_MEMBERS
    ):  # a dictionary of hundreds of thousands is filled in one step, which nothing interrupts
        raise HTTPException(413, f"expected at most {MAX_MEMBERS:,} members in one object")
    return dict(pairs)


def body_of(shape: type[M]) -> Callable[[Request], Awaitable[M]]:
    """A dependency that reads the body as a `shape`; large ones are parsed in a thread, one at a time."""

    async def read(request: Request) -> M:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not (kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))):
            raise _invalid(("header", "content-type"), "Input should be application/json")
        raw = await request.body()
        if len(raw) <= SMALL:
            return _parse(raw, shape, json.JSONDecoder())
        check_values(raw, request.app.state.limits.body_bytes // BYTES_PER_VALUE)
        return await request.app.state.parsers.run(partial(_parse, raw, shape, _PythonDecoder()))  # type: ignore[no-any-return]

    return read


def described(shape: type[BaseModel]) -> dict[str, Any]:
    """The description of such a body in /openapi.json."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": shape.model_json_schema()}}}}


def check_values(raw: bytes, most: int) -> None:
    """Raise `HTTPException` 413 if `raw` may hold more than `most` values. Separators in texts are counted, too."""
    if raw.count(b",") + raw.count(b"[") + raw.count(b"{") >= most:
        raise HTTPException(413, f"expected at most {most:,} values in one request")


def _parse(raw: bytes, shape: type[M], decoder: json.JSONDecoder) -> M:
    """Raises `RequestValidationError` with at most about `SHOWN_FAULTS` faults, and `HTTPException` 400."""
    try:
        document = decoder.decode(raw.decode(json.detect_encoding(raw), "surrogatepass"))
    except json.JSONDecodeError as error:
        raise _invalid(("body", error.pos), f"JSON decode error: {error.msg}") from None
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body cannot be read as JSON") from None
    if isinstance(document, dict):
        unknown = [name for name in document if name not in shape.model_fields]
        if unknown:
            raise RequestValidationError(
                [_fault(("body", name), "Extra inputs are not permitted") for name in unknown[:SHOWN_FAULTS]]
            )
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in faults]) from None


def _invalid(where: tuple[str | int, ...], problem: str) -> RequestValidationError:
    return RequestValidationError([_fault(where, problem)])


def _fault(where: tuple[str | int, ...], problem: str) -> dict[str, Any]:
    return {"type": "value_error", "loc": where, "msg": problem}
