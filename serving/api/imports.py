"""Routes that import a history, list imports, and undo one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request

from shortlist.core.types import ME
from shortlist.serving.api.deps import ServiceDep, responses
from shortlist.serving.http.auth import ReadingContent, check_permission
from shortlist.serving.http.problems import JsonResponse
from shortlist.serving.service.imports import ImportOptions, file_name, import_file, undo

PATH = "/v1/imports"
BUFFER = 1 << 20  # bytes that are written at once
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Name = Annotated[str, Query(max_length=512, description="name of the file, such as watch-history.json")]
Whose = Annotated[str, Query(min_length=1, max_length=512, description="whose history it is; created if unknown")]
Domains = Annotated[
    Sequence[Annotated[str, Query(max_length=512)]],
    Query(max_length=1000, description="a domain whose pages to take from a browser, or all. May be repeated."),
]
Person = Annotated[str | None, Query(max_length=512, description="whose acts, if the export is of several persons")]
Dates = Annotated[
    Literal["day", "month"] | None, Query(description="what comes first in 11/10/2026, if nothing settles it")
]

router = APIRouter(default_response_class=JsonResponse)


@router.post(PATH, responses=responses(dict[str, Any]), response_model=None, openapi_extra=BODY)
async def import_history(
    request: Request,
    service: ServiceDep,
    caller: ReadingContent,
    name: Name,
    user_id: Whose = ME,
    since: Annotated[date | None, Query(description="leave out what is older")] = None,
    domain: Domains = (),
    person: Person = None,
    dates: Dates = None,
    searches: Annotated[bool, Query(description="import what was searched for, too")] = True,
    follow: Annotated[bool, Query(description="follow its channels, too; needs the scope write")] = False,
    dry_run: Annotated[bool, Query(description="say what it has, and store nothing")] = False,
) -> JsonResponse:
    """Import the file that is the body: an export, a zip as it was downloaded, or the history of a browser.

    Returns what it has, what was left out and why, the same in words, and what was stored.
    """
    caller.check_write(user_id)
    if follow:
        check_permission(caller.key, "write")
    oldest = datetime.combine(since, time(), UTC) if since else None
    day_first = None if dates is None else dates == "day"
    options = ImportOptions(user_id, oldest, domain, person, day_first, searches, follow, dry_run)
    with TemporaryDirectory(prefix="shortlist-import-") as folder:
        path = Path(folder, file_name(name))
        await _receive(request, path)
        writer: CapacityLimiter = request.app.state.writer
        return JsonResponse(await run_sync(partial(import_file, service, path, options), limiter=writer))


async def _receive(request: Request, path: Path) -> None:
    with path.open("wb") as file:
        buffer = bytearray()
        async for chunk in request.stream():
            buffer += chunk
            if len(buffer) >= BUFFER:
                await run_sync(file.write, bytes(buffer))
                buffer.clear()
        await run_sync(file.write, bytes(buffer))


@router.get(PATH, responses=responses(dict[str, Any]), response_model=None)
async def imports(service: ServiceDep, caller: ReadingContent, user_id: Whose = ME) -> JsonResponse:
    """Return the imports of a reader, oldest first."""
    caller.check_reader(user_id)
    batches = await service.storage_threads.run(service.engine.home.catalogue.imports.all)
    return JsonResponse({"imports": [batch.document for batch in batches if batch.user_id == user_id]})


@router.delete(f"{PATH}/{{number}}", responses=responses(dict[str, Any]), response_model=None)
async def undo_import(request: Request, number: int, service: ServiceDep, caller: ReadingContent) -> JsonResponse:
    """Remove all that an import stored."""
    batch = await service.storage_threads.run(partial(service.engine.home.catalogue.imports.get, number))
    caller.check_write(batch.user_id)
    writer: CapacityLimiter = request.app.state.writer
    return JsonResponse(await run_sync(undo, service, number, limiter=writer))
