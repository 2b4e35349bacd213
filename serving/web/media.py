"""Routes for the pictures and media files of videos."""

from __future__ import annotations

import mimetypes
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import FileResponse, Response

from shortlist.serving.api.deps import PROBLEMS, ServiceDep
from shortlist.serving.http.auth import ReadingContent
from shortlist.serving.http.problems import JsonResponse
from shortlist.serving.service.request_schemas import Id
from shortlist.serving.web.drawing import draw

DAY_S = 86_400
CACHED = {"Cache-Control": f"private, max-age={DAY_S}"}
# A drawing has its own style sheet. No script runs in it, also if it is opened by itself.
DRAWN = {**CACHED, "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
MEDIA_TYPES = ("audio/", "video/")
FILE: dict[int | str, dict[str, Any]] = {200: {"description": "the file"}, **PROBLEMS}

router = APIRouter(prefix="/page")


@router.get("/pictures/{video_id:path}", responses=FILE, response_class=Response)
async def picture(video_id: str, service: ServiceDep, _caller: ReadingContent) -> Response:
    """Return the picture of a video: the thumbnail of its page, a frame of it, or a drawing."""
    found = await service.storage_threads.run(partial(service.media.picture, video_id))
    if found is not None:
        return FileResponse(found, media_type="image/jpeg", headers=CACHED)
    channel = (await service.storage_threads.run(partial(service.video, video_id)))["channel"]
    return Response(draw(video_id, channel), media_type="image/svg+xml", headers=DRAWN)


@router.get("/media/{video_id:path}", responses=FILE, response_class=Response)
async def media(video_id: str, service: ServiceDep, _caller: ReadingContent) -> Response:
    """Return the media file from which a video was ingested, whole or in ranges of bytes."""
    found = await service.storage_threads.run(partial(service.media.media, video_id))
    if found is None:
        raise HTTPException(404, "the file of this video is not on this machine")
    path, status = found
    guessed = mimetypes.guess_type(path.name)[0] or ""
    kind = guessed if guessed.startswith(MEDIA_TYPES) else "application/octet-stream"
    return FileResponse(path, media_type=kind, stat_result=status, headers={"Cache-Control": "private, no-cache"})


@router.get("/files", responses=PROBLEMS, response_model=None)
async def files(
    _request: Request,
    service: ServiceDep,
    _caller: ReadingContent,
    video: Annotated[list[Id], Query(max_length=100, description="ids of videos")],
) -> JsonResponse:
    """Return those of the given videos whose media file is on this machine."""
    media_of = service.media.media
    return JsonResponse(
        {"files": await service.storage_threads.run(lambda: [one for one in video if media_of(one) is not None])}
    )
