"""Routes that read one video or reader, and write many videos or events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request

from shortlist.serving.api.bodies import body_in_openapi, body_of
from shortlist.serving.api.deps import Limits, ServiceDep, responses
from shortlist.serving.http.auth import ReadingContent, Writing
from shortlist.serving.http.problems import JsonResponse
from shortlist.serving.service.bulk_ingest import Result
from shortlist.serving.service.request_schemas import EventsIn, VideosIn
from shortlist.serving.service.response_schemas import ReaderOut, RemovedOut, ResultsOut, WholeVideoOut

IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=255, description="a repeated key stores events without `at` and `event_id` once"),
]

ReaderOfEvent = Annotated[
    str | None, Query(description="whose event it is; needed if several readers have an event with this id")
]

router = APIRouter(prefix="/v1", default_response_class=JsonResponse)


@router.get("/videos/{video_id:path}", responses=responses(WholeVideoOut), response_model=None)
async def video(video_id: str, service: ServiceDep, _caller: ReadingContent) -> JsonResponse:
    """Return a video with its transcript and metadata."""
    return JsonResponse(await service.storage_threads.run(partial(service.video, video_id)))


@router.get("/readers/{user_id:path}", responses=responses(ReaderOut), response_model=None)
async def reader(user_id: str, service: ServiceDep, caller: ReadingContent) -> JsonResponse:
    """Return a reader's profile and history."""
    caller.check_reader(user_id)
    return JsonResponse(await service.threads.run(partial(service.reader, user_id)))


@router.post("/events", responses=responses(ResultsOut), response_model=None, openapi_extra=body_in_openapi(EventsIn))
async def events(
    service: ServiceDep,
    limits: Limits,
    caller: ReadingContent,
    body: Annotated[EventsIn, Depends(body_of(EventsIn))],
    idempotency_key: IdempotencyKey = None,
) -> JsonResponse:
    """Store events. An event that is already stored changes nothing. An invalid event does not affect the others."""
    caller.check_events(body.events)
    request_key = None if idempotency_key is None else f"{caller.id}\x1f{idempotency_key}"
    store = partial(service.add_events, request_key=request_key)
    return await service.storage_threads.run(partial(_store, store, body.events, limits.batch))


@router.delete("/events/{event_id:path}", responses=responses(RemovedOut), response_model=None)
async def remove_event(
    event_id: str, service: ServiceDep, caller: ReadingContent, user_id: ReaderOfEvent = None
) -> JsonResponse:
    """Delete an event. It no longer counts in the next recommendations of its reader."""
    user_id = caller.reader if user_id is None else user_id
    if not caller.may_write:
        caller.check_write(user_id or "")
    await service.storage_threads.run(partial(service.remove_event, event_id, user_id))
    return JsonResponse({"removed": event_id})


@router.post("/videos", responses=responses(ResultsOut), response_model=None, openapi_extra=body_in_openapi(VideosIn))
async def videos(
    request: Request,
    service: ServiceDep,
    limits: Limits,
    _caller: Writing,
    body: Annotated[VideosIn, Depends(body_of(VideosIn))],
) -> JsonResponse:
    """Store videos, which are searchable when you get the response.

    A video with a known id replaces the stored one. An invalid video does not affect the others.
    """
    # Writes have a thread of their own, so that those that wait for each other take no thread from reads.
    writer: CapacityLimiter = request.app.state.writer
    return await run_sync(_store, service.add_videos, body.videos, limits.batch, limiter=writer)


def _store(store: Callable[[Sequence[object]], list[Result]], items: Sequence[object], limit: int) -> JsonResponse:
    if len(items) > limit:
        raise HTTPException(413, f"expected at most {limit} items in one request")
    return JsonResponse({"results": store(items)})
