"""How the server is: for whoever restarts it, whoever sends it requests, and Prometheus."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from serving.api.access import Reading
from serving.api.held import PROBLEMS, Offered, answered_by
from serving.api.problems import JsonResponse
from serving.metrics import FORMAT
from serving.schemas import StateShown

PAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}},
    **PROBLEMS,
}

router = APIRouter(default_response_class=JsonResponse)


@router.get("/healthz", responses={200: {"model": StateShown}}, response_model=None)
async def healthz() -> JsonResponse:
    """The process lives."""
    return JsonResponse({"status": "ok"})


@router.get("/readyz", responses=answered_by(StateShown), response_model=None)
def readyz(service: Offered) -> JsonResponse:
    """The home can be read, so requests can be answered."""
    service.check()
    return JsonResponse({"status": "ready"})


@router.get("/metrics", responses=PAGE, response_class=Response)
def metrics(service: Offered, _key: Reading) -> Response:
    """What is counted and timed."""
    return Response(service.metrics.page(), media_type=FORMAT)
