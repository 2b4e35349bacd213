"""Routes that recommend, rank and search."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from shortlist.core.ranking import Filters
from shortlist.core.ranking import Request as RecommendRequest
from shortlist.serving.api.bodies import body_in_openapi, body_of
from shortlist.serving.api.deps import FilterParams, K, ServiceDep, Text, Wish, disconnected, responses
from shortlist.serving.api.server_sent_events import STREAM, event_stream
from shortlist.serving.http.auth import ReadingContent
from shortlist.serving.http.problems import JsonResponse, answer_headers
from shortlist.serving.service.request_schemas import RankIn, Rerank
from shortlist.serving.service.response_schemas import AnswerOut, RankingOut, SearchOut

router = APIRouter(prefix="/v1", default_response_class=JsonResponse)

Budget = Annotated[float | None, Query(ge=0, le=3.6e6, allow_inf_nan=False, description="milliseconds")]


@router.get("/recommend/{user:path}/stream", responses=STREAM, response_class=Response)
async def recommend_stream(
    user: str,
    service: ServiceDep,
    caller: ReadingContent,
    filters: FilterParams,
    k: K = 10,
    about: Wish = None,
    rerank: Rerank = "auto",
    rerank_budget_ms: Budget = None,
    thread: Annotated[str | None, Query(min_length=1, max_length=128, description="of the chat")] = None,
) -> Response:
    """Send the list of the retrieval at once, then the reranked one, each as an event `answer`.

    Messages of the chat in `thread` can refer to places of the list.
    """
    caller.check_reader(user)
    request = RecommendRequest(user, k, about, rerank, rerank_budget_ms, filters)
    answers = service.recommend_stream(request, caller.thread(thread) if thread else None)
    return await event_stream("answer", answers)


@router.get("/recommend/{user:path}", responses=responses(AnswerOut), response_model=None)
async def recommend(
    request: Request,
    user: str,
    service: ServiceDep,
    caller: ReadingContent,
    filters: FilterParams,
    k: K = 10,
    about: Wish = None,
    rerank: Rerank = "auto",
    rerank_budget_ms: Budget = None,
) -> JsonResponse:
    """Return the best videos for a reader, with the reason and the stages of each."""
    caller.check_reader(user)
    query = RecommendRequest(user, k, about, rerank, rerank_budget_ms, filters)
    answer = await service.recommend_async(query, partial(disconnected, request))
    return JsonResponse(answer, headers=answer_headers(answer))


@router.post("/rank", responses=responses(RankingOut), response_model=None, openapi_extra=body_in_openapi(RankIn))
async def rank(
    request: Request, service: ServiceDep, caller: ReadingContent, body: Annotated[RankIn, Depends(body_of(RankIn))]
) -> JsonResponse:
    """Return the given candidates in the best order for a reader, with the stages of each."""
    caller.check_reader(body.user_id)
    query = RecommendRequest(body.user_id, 1, body.about, body.rerank, filters=Filters(include_seen=True))
    answer = await service.rank_async(query, body.candidates, partial(disconnected, request))
    return JsonResponse(answer, headers=answer_headers(answer))


@router.get("/search", responses=responses(SearchOut), response_model=None)
async def search(
    text: Text, service: ServiceDep, _caller: ReadingContent, filters: FilterParams, k: K = 10
) -> JsonResponse:
    """Return the best videos for a text, without a reader."""
    return JsonResponse(await service.threads.run(partial(service.search, text, k, filters)))
