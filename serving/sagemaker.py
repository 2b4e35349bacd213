"""The routes of an endpoint of Amazon SageMaker: /ping, and /invocations for recommendations, ranking and search.

Who may call an endpoint is decided by IAM before a request arrives, so there are no keys.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request
from starlette.types import ASGIApp

from shortlist.core.ranking import Filters
from shortlist.core.ranking import Request as RecommendRequest
from shortlist.serving.api.app import RANK_BYTES, new_application
from shortlist.serving.api.bodies import body_in_openapi, body_of
from shortlist.serving.api.deps import ServiceDep, disconnected
from shortlist.serving.http.middleware import with_middleware
from shortlist.serving.http.problems import JsonResponse
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.request_schemas import InvocationIn
from shortlist.serving.service.service import Service

PORT = 8080  # which SageMaker calls

router = APIRouter(default_response_class=JsonResponse)
Invocation = Annotated[InvocationIn, Depends(body_of(InvocationIn))]


def create_endpoint(context: AppContext) -> ASGIApp:
    """Return the endpoint over `context`, with the recommender loaded. Raises like `Engine.recommender`."""
    limits, service = context.engine.config.serve, Service(context)
    app = new_application(context, service)
    app.include_router(router)
    sizes = {"/invocations": min(RANK_BYTES, limits.body_bytes)}
    return with_middleware(app, limits, service.metrics, None, max_bytes=sizes)


@router.get("/ping", response_model=None)
async def ping(request: Request, service: ServiceDep) -> JsonResponse:
    """Report that the home is readable, and the state of the encoder."""
    return JsonResponse(await run_sync(service.check, limiter=request.app.state.probes))


@router.post("/invocations", response_model=None, openapi_extra=body_in_openapi(InvocationIn))
async def invocations(request: Request, service: ServiceDep, body: Invocation) -> JsonResponse:
    """Return what the API returns for the one operation in the body."""
    return JsonResponse(await _answer(request, service, body))


async def _answer(request: Request, service: Service, body: InvocationIn) -> dict[str, Any]:
    gone = partial(disconnected, request)
    if (one := body.recommend) is not None:
        filters = Filters(include_seen=one.include_seen)
        query = RecommendRequest(one.user_id, one.k, one.about, one.rerank, filters=filters)
        return await service.recommend_async(query, gone)
    if (ranked := body.rank) is not None:
        query = RecommendRequest(ranked.user_id, 1, ranked.about, ranked.rerank, filters=Filters(include_seen=True))
        return await service.rank_async(query, ranked.candidates, gone)
    search = body.search
    assert search is not None  # noqa: S101  (the schema wants exactly one)
    return await service.threads.run(partial(service.search, search.text, search.k, Filters()))
