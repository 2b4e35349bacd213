"""The tools: recommend, search, explain, record_event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import Field, create_model

from shortlist.core.errors import HomeLocked, ShortlistError, UsageError
from shortlist.core.ranking import MAX_K, Filters, Request
from shortlist.serving.api.deps import moment_of
from shortlist.serving.limits.llm_queue import QueueFull
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.schemas import (
    MAX_TEXT,
    AnswerOut,
    ExplanationOut,
    Id,
    Rerank,
    ResultOut,
    SearchOut,
)
from shortlist.serving.service.service import Service

INSTRUCTIONS = (
    "Short videos for readers, from what they read and watch. Ids of readers and videos are used as they are given. "
    "Record what a reader does with a video, and their next recommendations follow it."
)

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)

K = Annotated[int, Field(ge=1, le=MAX_K, description="how many")]
User = Annotated[Id, Field(description="id of the reader")]
VideoId = Annotated[Id, Field(description="id of the video")]
Wish = Annotated[str | None, Field(max_length=MAX_TEXT, description="what the reader is in the mood for")]
Sought = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, description="what to look for")]
Seconds = Annotated[float | None, Field(ge=0, le=1e9, allow_inf_nan=False, description="seconds")]
Category = Annotated[str | None, Field(description="only this category")]
After = Annotated[date | None, Field(description="only videos of this day or later")]
Before = Annotated[date | None, Field(description="only videos from before this day")]


def strict_tool(work: Callable[..., Any], annotations: ToolAnnotations) -> Tool:
    """`work` as a tool; the SDK's own way to make one passes over what it does not know."""
    tool = Tool.from_function(work, annotations=annotations)
    known = tool.fn_metadata
    known.arg_model = create_model(work.__name__, __base__=known.arg_model, __cls_kwargs__={"extra": "forbid"})
    tool.parameters = known.arg_model.model_json_schema(by_alias=True)
    return tool


def mcp_server(context: AppContext) -> MCPServer:
    """The server over `context`; reads the home at once. Raises as `AppContext.recommender`."""
    service = Service(context)

    async def recommend(
        user_id: User,
        k: K = 10,
        about: Wish = None,
        rerank: Rerank = "auto",
        max_duration_s: Seconds = None,
        category: Category = None,
        published_after: After = None,
        published_before: Before = None,
    ) -> AnswerOut:
        """The best videos for a reader, why each is there, and which stage put it there."""
        with _told():
            filters = _filters(max_duration_s, category, published_after, published_before)
            wish = Request(user_id, k, about, rerank, filters=filters)
            await run_sync(service.reloader.refresh)
            return AnswerOut(**await service.recommend_async(wish))

    async def search(
        text: Sought,
        k: K = 10,
        max_duration_s: Seconds = None,
        category: Category = None,
        published_after: After = None,
        published_before: Before = None,
    ) -> SearchOut:
        """The best videos for a text, for nobody in particular."""
        filters = _filters(max_duration_s, category, published_after, published_before)
        return SearchOut(**await _newest(service, lambda: service.search(text, k, filters)))

    async def explain(user_id: User, video_id: VideoId, about: Wish = None) -> ExplanationOut:
        """Why a video would be recommended to a reader: the reason, what is said in it, where each stage puts it."""
        found = await _newest(service, lambda: service.explain(Request(user_id, 1, about), video_id))
        return ExplanationOut(**found)

    async def record_event(
        user_id: User,
        item_id: VideoId,
        action: Literal["impression", "click", "view", "like", "skip"],
        kind: Literal["video", "article"] = "video",
        dwell_s: Seconds = None,
        event_id: Annotated[Id | None, Field(description="the same id again changes nothing")] = None,
    ) -> ResultOut:
        """Store what a reader does now; their next recommendations follow it."""
        event = {"user_id": user_id, "item_id": item_id, "action": action, "kind": kind, "dwell_s": dwell_s}
        [result] = await _newest(service, lambda: service.add_events([{**event, "event_id": event_id}]))
        if "reason" in result:
            raise ToolError(result["reason"])
        return ResultOut(**result)

    reading = [strict_tool(work, READS) for work in (recommend, search, explain)]
    return MCPServer(
        "shortlist",
        version=version("shortlist"),
        instructions=INSTRUCTIONS,
        tools=[*reading, strict_tool(record_event, ADDS)],
        log_level="WARNING",
    )


def _filters(max_duration_s: float | None, category: str | None, after: date | None, before: date | None) -> Filters:
    return Filters(max_duration_s, category, published_after=moment_of(after), published_before=moment_of(before))


async def _newest(service: Service, work: Callable[[], Any]) -> Any:
    def done() -> Any:
        service.reloader.refresh()
        return work()

    with _told():
        return await run_sync(done)


@contextmanager
def _told() -> Iterator[None]:
    """Errors as the caller's model may read them."""
    try:
        yield
    except UsageError as error:
        raise ToolError(f"{error.problem}: expected {error.expected}, found {error.found}") from error
    except (QueueFull, HomeLocked) as error:
        raise ToolError("busy: try again in a while") from error
    except ShortlistError as error:
        raise ToolError("a model or the state that this needs is not at hand") from error
