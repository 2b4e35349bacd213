"""Routes that hand out and erase everything that is stored of one reader."""

from __future__ import annotations

from functools import partial
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request

from shortlist.serving.api.deps import ServiceDep, responses
from shortlist.serving.http.auth import AnyScope, ReadingContent
from shortlist.serving.http.problems import JsonResponse
from shortlist.store.catalogue.erasure.subject import READER

router = APIRouter(prefix="/v1", default_response_class=JsonResponse)


@router.get("/readers/{user_id:path}/export", responses=responses(dict[str, Any]), response_model=None)
async def export_reader(user_id: str, service: ServiceDep, caller: ReadingContent) -> JsonResponse:
    """Return everything that is stored of a reader: profile, events, chats, keys without secrets."""
    caller.check_reader(user_id)
    return JsonResponse(await service.storage_threads.run(partial(service.export_reader, user_id)))


@router.delete("/readers/{user_id:path}", responses=responses(dict[str, Any]), response_model=None)
async def forget_reader(request: Request, user_id: str, service: ServiceDep, caller: AnyScope) -> JsonResponse:
    """Erase a reader for good, and return the signed receipt. Backups stay as they are; the receipt lists them.

    It needs a key with the scope `operate` or that of the reader. Keys of the reader are revoked.
    """
    caller.check_erase(user_id)
    writer: CapacityLimiter = request.app.state.writer
    return JsonResponse(await run_sync(service.forget, READER, user_id, limiter=writer))
