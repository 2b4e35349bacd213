"""Health, readiness and metrics. Their own threads keep them independent of other requests."""

from __future__ import annotations

from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response

from shortlist.serving.api.deps import PROBLEMS, ServiceDep, responses
from shortlist.serving.http.auth import Monitoring
from shortlist.serving.http.problems import JsonResponse
from shortlist.serving.service.metrics import FORMAT
from shortlist.serving.service.response_schemas import ReadinessOut, StateOut

METRICS_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}},
    **PROBLEMS,
}

router = APIRouter(default_response_class=JsonResponse)


@router.get("/healthz", responses={200: {"model": StateOut}}, response_model=None)
async def healthz() -> JsonResponse:
    """Report that the process is alive."""
    return JsonResponse({"status": "ok"})


@router.get("/readyz", responses=responses(ReadinessOut), response_model=None)
async def readyz(request: Request, service: ServiceDep) -> JsonResponse:
    """Report that the home is readable. Searches and wishes also need the encoder, whose state is in `encoder`."""
    return JsonResponse(await run_sync(service.check, limiter=request.app.state.probes))


@router.get("/metrics", responses=METRICS_PAGE, response_class=Response)
async def metrics(request: Request, service: ServiceDep, _caller: Monitoring) -> Response:
    """Return counters and timings for Prometheus."""
    page = await run_sync(service.metrics.export, limiter=request.app.state.probes)
    return Response(page, media_type=FORMAT)
