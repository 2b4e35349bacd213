"""Routes that list readers and videos, find similar videos, and delete videos and articles."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request

from shortlist.core.types import Kind
from shortlist.serving.api.deps import FilterParams, K, ServiceDep, responses
from shortlist.serving.http.auth import AnyScope, Erasing, Reading, ReadingContent, check_permission
from shortlist.serving.http.problems import JsonResponse
from shortlist.serving.service.lists import readers_page, videos_page
from shortlist.serving.service.response_schemas import ReadersOut, RemovedOut, SimilarOut, VideosOut

After = Annotated[str, Query(max_length=512, description="the `next` of the page before")]
Forget = Annotated[bool, Query(description="erase its events, its places in lists and all copies, too")]
Limit = Annotated[int, Query(ge=1, le=500, description="items of one page")]

# Include it before the routes of one video: their path would match /similar, too.
router = APIRouter(prefix="/v1", default_response_class=JsonResponse)


@router.get("/readers", responses=responses(ReadersOut), response_model=None)
async def readers(service: ServiceDep, _caller: Reading, after: After = "", limit: Limit = 100) -> JsonResponse:
    """List readers by id, one page at a time. `next` is null on the last page."""
    return JsonResponse(await service.storage_threads.run(partial(readers_page, service.engine, after, limit)))


@router.get("/videos", responses=responses(VideosOut), response_model=None)
async def videos(service: ServiceDep, _caller: ReadingContent, after: After = "", limit: Limit = 100) -> JsonResponse:
    """List videos by id, one page at a time. `next` is null on the last page."""
    return JsonResponse(await service.storage_threads.run(partial(videos_page, service.engine, after, limit)))


@router.get("/videos/{video_id:path}/similar", responses=responses(SimilarOut), response_model=None)
async def similar(
    video_id: str, service: ServiceDep, _caller: ReadingContent, filters: FilterParams, k: K = 10
) -> JsonResponse:
    """Return the videos most similar to one, by its stored vector and the words of its title."""
    return JsonResponse(await service.threads.run(partial(service.similar, video_id, k, filters)))


@router.delete("/videos/{video_id:path}", responses=responses(RemovedOut), response_model=None)
async def remove_video(
    request: Request, video_id: str, service: ServiceDep, caller: AnyScope, forget: Forget = False
) -> JsonResponse:
    """Delete a video, which is in no list when you get the response. Events with it stay, unless you `forget` it.

    To forget needs a key with the scope `operate`, to delete one with `write`.
    """
    check_permission(caller.key, "erase" if forget else "write")
    if forget:
        return await _forget(request, "video", video_id, service)
    writer: CapacityLimiter = request.app.state.writer
    await run_sync(service.remove_video, video_id, limiter=writer)
    return JsonResponse({"removed": video_id})


@router.delete("/articles/{article_id:path}", responses=responses(RemovedOut), response_model=None)
async def forget_article(request: Request, article_id: str, service: ServiceDep, _caller: Erasing) -> JsonResponse:
    """Erase an article and its events for good, and return the signed receipt."""
    return await _forget(request, "article", article_id, service)


async def _forget(request: Request, kind: Kind, item_id: str, service: ServiceDep) -> JsonResponse:
    writer: CapacityLimiter = request.app.state.writer
    receipt = await run_sync(service.forget, kind, item_id, limiter=writer)
    return JsonResponse({"removed": item_id, "receipt": receipt})
