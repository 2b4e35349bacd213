"""The MCP tools: recommend, search, explain, list readers, record events, read and change objectives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from importlib.metadata import version
from typing import Annotated, Any

from anyio.to_thread import run_sync
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import Field

from shortlist.core.errors import HomeLocked, ShortlistError, UsageError
from shortlist.core.filter_fields import FilterField, with_filters
from shortlist.core.ranking import MAX_K, Filters, Request
from shortlist.core.types import Action, Kind
from shortlist.serving.limits.llm_queue import QueueFull
from shortlist.serving.mcp.strict_tool import strict_tool
from shortlist.serving.service.lists import readers_page
from shortlist.serving.service.request_schemas import MAX_TEXT, Id, Rerank
from shortlist.serving.service.response_schemas import (
    AnswerOut,
    ExplanationOut,
    ObjectiveOut,
    ReadersOut,
    ResultOut,
    SearchOut,
)
from shortlist.serving.service.service import Service

INSTRUCTIONS = (
    "Recommends short videos to readers from what they read and watch. Use ids of readers and videos unchanged; "
    "list_readers has those of readers. "
    "Record what a reader does with a video: it counts in their next recommendations. "
    "Change their objective if they say what they want more or less of from now on."
)

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)

K = Annotated[int, Field(ge=1, le=MAX_K, description="how many")]
User = Annotated[Id, Field(description="id of the reader")]
ItemId = Annotated[Id, Field(description="id of the video or article, or name of the channel")]
VideoId = Annotated[Id, Field(description="id of the video")]
Wish = Annotated[str | None, Field(max_length=MAX_TEXT, description="what the reader is in the mood for")]
SearchText = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, description="what to look for")]
Seconds = Annotated[float | None, Field(ge=0, le=1e9, allow_inf_nan=False, description="seconds")]
Names = Annotated[Sequence[Id], Field(max_length=100, description="names of categories or channels, in any case")]


def mcp_server(service: Service) -> MCPServer:
    """Return the server whose tools call `service`."""
    return MCPServer(
        "shortlist",
        version=version("shortlist"),
        instructions=INSTRUCTIONS,
        tools=[*_video_tools(service), *_reader_tools(service)],
        log_level="WARNING",
    )


def _video_tools(service: Service) -> list[Tool]:
    """Return the tools that find videos."""

    @with_filters(_argument)
    async def recommend(
        user_id: User, filters: Filters, k: K = 10, about: Wish = None, rerank: Rerank = "auto"
    ) -> AnswerOut:
        """Return the best videos for a reader, with the reason and the stages of each."""
        with _tool_errors():
            request = Request(user_id, k, about, rerank, filters=filters)
            await run_sync(service.engine.reloader.refresh)
            return AnswerOut(**await service.recommend_async(request))

    @with_filters(_argument)
    async def search(text: SearchText, filters: Filters, k: K = 10) -> SearchOut:
        """Return the best videos for a text, without a reader."""
        return SearchOut(**await _run_on_newest(service, lambda: service.search(text, k, filters)))

    async def explain(user_id: User, video_id: VideoId, about: Wish = None) -> ExplanationOut:
        """Explain why a video suits a reader: the reason, a quote from its transcript, and its rank in each stage."""
        document = await _run_on_newest(service, lambda: service.explain(Request(user_id, 1, about), video_id))
        return ExplanationOut(**document)

    return [strict_tool(function, READS) for function in (recommend, search, explain)]


def _reader_tools(service: Service) -> list[Tool]:
    """Return the tools about what readers did and want."""

    async def list_readers(
        after: Annotated[str, Field(max_length=512, description="the `next` of the page before")] = "",
        limit: Annotated[int, Field(ge=1, le=500, description="readers of one page")] = 100,
    ) -> ReadersOut:
        """List the readers by id, one page at a time, with their stated interests. `next` is null on the last page."""
        return ReadersOut(**await _run_on_newest(service, lambda: readers_page(service.engine, after, limit)))

    async def objective(user_id: User) -> ObjectiveOut:
        """Return what a reader wants of every list: more or less of categories and channels, and the length."""
        return ObjectiveOut(**await _run_on_newest(service, lambda: service.objective(user_id)))

    async def change_objective(
        user_id: User,
        more: Names = (),
        less: Names = (),
        neither: Names = (),
        length_s: Annotated[
            float | None,
            Field(ge=0, le=1e6, description="videos longer than this are wanted less; 0: any length"),
        ] = None,
    ) -> ObjectiveOut:
        """Change what a reader wants of every list from now on, and return all of it. Entries not named stay.

        Only for what the reader said of all lists; put a wish for one list into `about` of recommend.
        """
        change = partial(service.change_objective, user_id, more, less, neither, length_s)
        return ObjectiveOut(**await _run_on_newest(service, change))

    async def record_event(
        user_id: User,
        item_id: ItemId,
        action: Action,
        kind: Kind = "video",
        dwell_s: Seconds = None,
        event_id: Annotated[Id | None, Field(description="the same id again changes nothing")] = None,
        request_id: Annotated[Id | None, Field(description="that of the list in which the video was")] = None,
    ) -> ResultOut:
        """Store an action of a reader, at the current time. It counts in their next recommendations.

        A channel can only be disliked: its videos are then left out.
        """
        event = {"user_id": user_id, "item_id": item_id, "action": action, "kind": kind, "dwell_s": dwell_s}
        event |= {"event_id": event_id, "request_id": request_id}
        [result] = await _run_on_newest(service, lambda: service.add_events([event]))
        if "reason" in result:
            raise ToolError(result["reason"])
        return ResultOut(**result)

    return [
        *(strict_tool(function, READS) for function in (list_readers, objective)),
        *(strict_tool(function, WRITES) for function in (record_event, change_objective)),
    ]


def _argument(field: FilterField) -> Any:
    described = Field(description=field.description)
    limited: dict[str, Any] = {
        "seconds": Annotated[float | None, Field(ge=0, le=1e9, allow_inf_nan=False)],
        "names": Annotated[Sequence[Id], Field(max_length=50)],
    }
    kinds = {**limited, "name": Id | None, "moment": date | datetime | None, "flag": bool}
    return Annotated[kinds[field.kind], described]


async def _run_on_newest(service: Service, work: Callable[[], Any]) -> Any:
    def refresh_and_work() -> Any:
        service.engine.reloader.refresh()
        return work()

    with _tool_errors():
        return await run_sync(refresh_and_work)


@contextmanager
def _tool_errors() -> Iterator[None]:
    """Raise errors again as `ToolError`, with a message for the language model that called the tool."""
    try:
        yield
    except UsageError as error:
        raise ToolError(f"{error.problem}: expected {error.expected}, found {error.found}") from error
    except (QueueFull, HomeLocked) as error:
        raise ToolError("busy: try again in a minute") from error
    except ShortlistError as error:
        raise ToolError("a model or the stored data is not available") from error
