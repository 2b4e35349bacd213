"""Routes of a reader's own objective."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends

from shortlist.serving.api.bodies import body_in_openapi, body_of
from shortlist.serving.api.deps import ServiceDep, responses
from shortlist.serving.http.auth import ReadingContent
from shortlist.serving.http.problems import JsonResponse
from shortlist.serving.service.request_schemas import ObjectiveIn
from shortlist.serving.service.response_schemas import ObjectiveOut

# Include it before the route of one reader: its path would match /objective, too.
router = APIRouter(prefix="/v1", default_response_class=JsonResponse)
PATH = "/readers/{user_id:path}/objective"


@router.get(PATH, responses=responses(ObjectiveOut), response_model=None)
async def objective(user_id: str, service: ServiceDep, caller: ReadingContent) -> JsonResponse:
    """Return what a reader wants of every list, as they said it themselves."""
    caller.check_reader(user_id)
    return JsonResponse(await service.threads.run(partial(service.objective, user_id)))


@router.put(PATH, responses=responses(ObjectiveOut), response_model=None, openapi_extra=body_in_openapi(ObjectiveIn))
async def put_objective(
    user_id: str,
    service: ServiceDep,
    caller: ReadingContent,
    body: Annotated[ObjectiveIn, Depends(body_of(ObjectiveIn))],
) -> JsonResponse:
    """Store what a reader wants of every list, in the place of what was stored. The next lists heed it."""
    caller.check_write(user_id)
    return JsonResponse(await service.threads.run(partial(service.put_objective, user_id, body.objective)))
