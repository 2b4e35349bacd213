"""How the server is: for whoever restarts it, whoever sends it requests, and Prometheus.

They wait for no other request: what asks runs in threads that the others do not take.
"""

from __future__ import annotations

from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response

from shortlist.serving.api.deps import PROBLEMS, Offered, answered_by
from shortlist.serving.http.auth import Reading
from shortlist.serving.http.problems import JsonResponse
from shortlist.serving.service.metrics import FORMAT
from shortlist.serving.service.schemas import ReadinessOut, StateOut

PAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}},
    **PROBLEMS,
}

router = APIRouter(default_response_class=JsonResponse)


@router.get("/healthz", responses={200: {"model": StateOut}}, response_model=None)
async def healthz() -> JsonResponse:
    """The process lives."""
    return JsonResponse({"status": "ok"})


@router.get("/readyz", responses=answered_by(ReadinessOut), response_model=None)
async def readyz(request: Request, service: Offered) -> JsonResponse:
    """The home can be read, so requests can be answered; whether there is an encoder for searches and wishes."""
    return JsonResponse(await run_sync(service.check, limiter=request.app.state.probes))


@router.get("/metrics", responses=PAGE, response_class=Response)
async def metrics(request: Request, service: Offered, _key: Reading) -> Response:
    """What is counted and timed."""
    page = await run_sync(service.metrics.page, limiter=request.app.state.probes)
    return Response(page, media_type=FORMAT)
