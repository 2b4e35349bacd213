"""Routes that answer "what if?"."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from shortlist.core.config import NONE
from shortlist.core.ranking import Change, Request
from shortlist.serving.api.bodies import body_in_openapi, body_of
from shortlist.serving.api.deps import FilterParams, K, ServiceDep, Wish, responses
from shortlist.serving.http.auth import ReadingContent
from shortlist.serving.http.problems import JsonResponse
from shortlist.serving.service.request_schemas import WhatIfIn
from shortlist.serving.service.response_schemas import CounterfactualOut, WhatIfOut
from shortlist.serving.service.what_ifs import counterfactual_document, what_if_document

router = APIRouter(prefix="/v1", default_response_class=JsonResponse)

Id = Annotated[str, Query(min_length=1, max_length=512)]


@router.post("/whatif", responses=responses(WhatIfOut), response_model=None, openapi_extra=body_in_openapi(WhatIfIn))
async def what_if(
    service: ServiceDep,
    caller: ReadingContent,
    body: Annotated[WhatIfIn, Depends(body_of(WhatIfIn))],
    filters: FilterParams,
    k: K = 10,
    about: Wish = None,
) -> JsonResponse:
    """Return the list of a reader before and after a change: what moves, and by which leg. Nothing is stored."""
    caller.check_reader(body.user_id)
    weights = tuple(sorted(body.weights.items()))
    change = Change(frozenset(body.without), body.objective.objective, weights, body.half_life_days)
    request = Request(body.user_id, k, about, NONE, filters=filters)
    return JsonResponse(await service.threads.run(partial(what_if_document, service.engine, request, change)))


@router.get("/counterfactual", responses=responses(CounterfactualOut), response_model=None)
async def counterfactual(
    user: Id,
    video: Id,
    service: ServiceDep,
    caller: ReadingContent,
    filters: FilterParams,
    k: K = 10,
    about: Wish = None,
) -> JsonResponse:
    """Return the fewest items of a reader's history without which a video would not be in their list."""
    caller.check_reader(user)
    request = Request(user, k, about, NONE, filters=filters)
    return JsonResponse(await service.threads.run(partial(counterfactual_document, service.engine, request, video)))
