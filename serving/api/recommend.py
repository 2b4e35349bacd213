"""Recommend, rank, search."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from shortlist.core.ranking import Filters
from shortlist.core.ranking import Request as Wish
from shortlist.serving.api.deps import About, K, LaneToModel, Offered, Sought, Wanted, answered, answered_by
from shortlist.serving.http.auth import Reading
from shortlist.serving.http.problems import JsonResponse
from shortlist.serving.service.schemas import AnswerOut, RankIn, RankingOut, Rerank, SearchOut

router = APIRouter(prefix="/v1", default_response_class=JsonResponse)

Budget = Annotated[float | None, Query(ge=0, le=3.6e6, allow_inf_nan=False, description="milliseconds")]


@router.get("/recommend/{user:path}", responses=answered_by(AnswerOut), response_model=None)
async def recommend(
    request: Request,
    user: str,
    service: Offered,
    lane: LaneToModel,
    _key: Reading,
    wanted: Wanted,
    k: K = 10,
    about: About = None,
    rerank: Rerank = "auto",
    rerank_budget_ms: Budget = None,
) -> JsonResponse:
    """The best videos for a reader, why each is there, and which stage put it there."""
    wish = Wish(user, k, about, rerank, rerank_budget_ms, wanted)
    return JsonResponse(await answered(service.recommend, wish, service, lane, request))


@router.post("/rank", responses=answered_by(RankingOut), response_model=None)
async def rank(request: Request, asked: RankIn, service: Offered, lane: LaneToModel, _key: Reading) -> JsonResponse:
    """Given candidates in the order that is best for a reader, with where each stage put each."""
    wish = Wish(asked.user_id, 1, asked.about, asked.rerank, filters=Filters(include_seen=True))
    document = await answered(lambda one, stop: service.rank(one, asked.candidates, stop), wish, service, lane, request)
    return JsonResponse(document)


@router.get("/search", responses=answered_by(SearchOut), response_model=None)
def search(text: Sought, service: Offered, _key: Reading, wanted: Wanted, k: K = 10) -> JsonResponse:
    """The best videos for a text, for nobody in particular."""
    return JsonResponse(service.search(text, k, wanted))
