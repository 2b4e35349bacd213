"""Videos, readers and events: read one, write many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, HTTPException, Request

from shortlist.serving.api.bodies import body_of, described
from shortlist.serving.api.deps import Limits, ServiceDep, responses
from shortlist.serving.http.auth import ReadingContent, Writing
from shortlist.serving.http.problems import JsonResponse
from shortlist.serving.service.bulk_ingest import Result
from shortlist.serving.service.schemas import EventsIn, ReaderOut, RemovedOut, ResultsOut, VideosIn, WholeVideoOut

IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=255, description="the same key again stores events without `at` and id once"),
]

router = APIRouter(prefix="/v1", default_response_class=JsonResponse)


@router.get("/videos/{video_id:path}", responses=responses(WholeVideoOut), response_model=None)
async def video(video_id: str, service: ServiceDep, _caller: ReadingContent) -> JsonResponse:
    """Everything about a video, its transcript included."""
    return JsonResponse(await service.threads.run(partial(service.video, video_id)))


@router.get("/readers/{user_id:path}", responses=responses(ReaderOut), response_model=None)
async def reader(user_id: str, service: ServiceDep, caller: ReadingContent) -> JsonResponse:
    """A reader's profile and history."""
    caller.check_reader(user_id)
    return JsonResponse(await service.threads.run(partial(service.reader, user_id)))


@router.post("/events", responses=responses(ResultsOut), response_model=None, openapi_extra=described(EventsIn))
async def events(
    service: ServiceDep,
    limits: Limits,
    caller: ReadingContent,
    asked: Annotated[EventsIn, Depends(body_of(EventsIn))],
    idempotency_key: IdempotencyKey = None,
) -> JsonResponse:
    """Store what readers did. The same event again changes nothing; one that is wrong fails alone."""
    caller.check_events(asked.events)
    request_key = None if idempotency_key is None else f"{caller.id}\x1f{idempotency_key}"
    store = partial(service.add_events, request_key=request_key)
    return await service.threads.run(partial(_stored, store, asked.events, limits.batch))


@router.delete("/events/{event_id:path}", responses=responses(RemovedOut), response_model=None)
async def remove_event(event_id: str, service: ServiceDep, _key: Writing) -> JsonResponse:
    """Delete an event for good: its reader's next recommendations are made without it."""
    await service.threads.run(partial(service.remove_event, event_id))
    return JsonResponse({"removed": event_id})


@router.post("/videos", responses=responses(ResultsOut), response_model=None, openapi_extra=described(VideosIn))
async def videos(
    request: Request,
    service: ServiceDep,
    limits: Limits,
    _caller: Writing,
    asked: Annotated[VideosIn, Depends(body_of(VideosIn))],
) -> JsonResponse:
    """Store videos; they can be found when the answer comes. A known id is replaced; one that is wrong fails alone."""
    # One at a time, in a thread of its own, so that requests that wait for it do not delay reads.
    writer: CapacityLimiter = request.app.state.writer
    return await run_sync(_stored, service.add_videos, asked.videos, limits.batch, limiter=writer)


def _stored(store: Callable[[Sequence[object]], list[Result]], items: Sequence[object], most: int) -> JsonResponse:
    if len(items) > most:
        raise HTTPException(413, f"expected at most {most} items in one request")
    return JsonResponse({"results": store(items)})
