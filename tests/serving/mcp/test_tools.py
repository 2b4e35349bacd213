"""The MCP server, asked by the SDK's own client: over stdio, over HTTP."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pytest

from shortlist.core.config import Config, EncoderConfig
from shortlist.core.config_sections.serving import ServeConfig
from shortlist.store.home import Home
from tests.serving.conftest import GATES, context_over, running

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[3]


@pytest.fixture
def served(small_home: Path, new_hash_encoder: Any, scripted_model: Any) -> Iterator[tuple[str, Home]]:
    """The address of an MCP server over HTTP, and its home."""
    from shortlist.serving.mcp.http import mcp_application

    encoder = new_hash_encoder()
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), **GATES)  # type: ignore[arg-type]
    with Home.open(small_home) as home:
        app = mcp_application(context_over(home, config, encoder, scripted_model([-0.1, -3.0])))
        with running(app) as (url, _, _):
            yield f"{url}/mcp", home


def client_of(server: Any) -> Any:
    """Return the SDK's client, imported only where it is used: the import takes a second."""
    from mcp import Client

    return Client(server)


def test_the_tools_have_typed_schemas(served: tuple[str, Home]) -> None:
    async def ask() -> Any:
        async with client_of(served[0]) as client:
            return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in asyncio.run(ask())}
    assert tools.keys() == {
        "recommend", "search", "explain", "list_readers", "record_event", "objective", "change_objective",
    }  # fmt: skip
    recommend = tools["recommend"]
    assert recommend.input_schema["required"] == ["user_id"]
    assert recommend.input_schema["properties"]["k"]["maximum"] == 1000
    assert "recommendations" in recommend.output_schema["properties"]
    assert all(tool.description for tool in tools.values())
    assert all(tool.input_schema["additionalProperties"] is False for tool in tools.values())
    reading = {name for name, tool in tools.items() if tool.annotations.read_only_hint}
    assert reading == {"recommend", "search", "explain", "list_readers", "objective"}
    assert tools["record_event"].annotations.destructive_hint is False


def test_the_server_tells_its_version(served: tuple[str, Home]) -> None:
    async def ask() -> str:
        async with client_of(served[0]) as client:
            return str(client.server_info.version)

    assert asyncio.run(ask()) == version("shortlist")


def test_a_recorded_event_is_in_the_next_recommendation(served: tuple[str, Home]) -> None:
    async def ask() -> None:
        async with client_of(served[0]) as client:
            first = (await client.call_tool("recommend", {"user_id": "ann", "k": 5})).structured_content
            best = first["recommendations"][0]
            event = {"user_id": "ann", "item_id": best["video_id"], "action": "dislike", "event_id": "e1"}
            assert (await client.call_tool("record_event", event)).structured_content["status"] == "new"
            assert (await client.call_tool("record_event", event)).structured_content["status"] == "unchanged"
            why = {"user_id": "ann", "video_id": best["video_id"]}
            assert (await client.call_tool("explain", why)).structured_content["reason"]  # although it was seen
            again = (await client.call_tool("recommend", {"user_id": "ann", "k": 5})).structured_content
            assert best["video_id"] not in {item["video_id"] for item in again["recommendations"]}
            wish = {"user_id": "ann", "about": "the moon", "k": 3}
            reranked = (await client.call_tool("recommend", wish)).structured_content
            assert all("rerank" in item["stages"] for item in reranked["recommendations"])

    asyncio.run(ask())


def test_search_and_explain(served: tuple[str, Home]) -> None:
    async def ask() -> None:
        async with client_of(served[0]) as client:
            hits = (await client.call_tool("search", {"text": "rivers", "k": 4})).structured_content["hits"]
            assert [hit["rank"] for hit in hits] == [1, 2, 3, 4]
            assert hits[0].keys() >= {"channel", "url", "duration_s"}
            why = (await client.call_tool("explain", {"user_id": "ann", "video_id": "v13"})).structured_content
            assert why["video_id"] == "v13"
            assert why["reason"]
            assert "fusion" in why["stages"]
            found = (await client.call_tool("recommend", {"user_id": "ann", "k": 20})).structured_content
            last = found["recommendations"][-1]
            why = (
                await client.call_tool("explain", {"user_id": "ann", "video_id": last["video_id"]})
            ).structured_content
            assert why["rank"] >= last["rank"] == len(found["recommendations"]) > 5  # seen ones have places too
            assert (why["rank"], why["score"]) == tuple(why["stages"]["fusion"][name] for name in ("rank", "score"))

    asyncio.run(ask())


def test_readers_are_listed_and_dislikes_stored(served: tuple[str, Home]) -> None:
    async def ask() -> None:
        async with client_of(served[0]) as client:
            page = (await client.call_tool("list_readers", {"limit": 1})).structured_content
            assert ([one["user_id"] for one in page["readers"]], page["next"]) == (["ann"], "ann")
            page = (await client.call_tool("list_readers", {"after": "ann"})).structured_content
            assert ([one["user_id"] for one in page["readers"]], page["next"]) == (["new"], None)
            for event in ({"item_id": "v13"}, {"item_id": "Channel 1", "kind": "channel"}):
                disliked = {"user_id": "ann", "action": "dislike", **event}
                assert (await client.call_tool("record_event", disliked)).structured_content["status"] == "new"
            found = (await client.call_tool("recommend", {"user_id": "ann", "k": 40})).structured_content
            assert not {"v13"} & {item["video_id"] for item in found["recommendations"]}
            assert "Channel 1" not in {item["channel"] for item in found["recommendations"]}

    asyncio.run(ask())


def test_an_objective_is_changed_entry_by_entry_and_heeded(served: tuple[str, Home]) -> None:
    async def ask() -> None:
        async with client_of(served[0]) as client:

            async def call(tool: str, **arguments: Any) -> Any:
                return (await client.call_tool(tool, {"user_id": "ann", **arguments})).structured_content

            assert (await call("objective"))["words"] == []
            await call("change_objective", less=["channel 1"], length_s=60)
            changed = await call("change_objective", more=["Channel 2"], length_s=0)
            assert changed == await call("objective")
            assert (changed["channels"], changed["length_s"]) == ({"Channel 1": -1.0, "Channel 2": 1.0}, None)
            items = (await call("recommend", k=3, rerank="none"))["recommendations"]
            assert {item["channel"] for item in items} == {"Channel 2"}
            assert (await call("change_objective", neither=["Channel 1", "Channel 2"]))["words"] == []

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("change_objective", {"user_id": "ann", "less": ["sprots"]}, "a category or channel of the videos"),
        ("objective", {"user_id": "nobody"}, "nobody"),
        ("recommend", {"user_id": "nobody"}, "nobody"),
        ("recommend", {"user_id": "ann", "k": 0}, "k: expected greater than or equal to 1, found 0"),
        ("recommend", {}, "user_id: expected a value, found none"),
        ("recommend", {"user_id": "ann", "longest": 30}, "longest: expected one of user_id, k, about,"),
        (
            "record_event",
            {"user_id": "ann", "item_id": "v01", "action": "love"},
            "'skip', 'dislike', 'save' or 'search', found 'love'",
        ),
        ("record_event", {"user_id": "ann", "item_id": "v01", "action": "like", "dwel_s": 3}, "dwel_s"),
        ("explain", {"user_id": "ann", "video_id": "nothing"}, "unknown video"),
        ("record_event", {"user_id": " ", "item_id": "v01", "action": "like"}, "user id"),
    ],
)
def test_wrong_calls_are_errors_that_say_why(
    served: tuple[str, Home], tool: str, arguments: dict[str, Any], said: str
) -> None:
    async def ask() -> Any:
        async with client_of(served[0]) as client:
            return await client.call_tool(tool, arguments)

    result = asyncio.run(ask())
    assert result.is_error
    assert said in result.content[0].text
    assert "Traceback" not in result.content[0].text
    assert "\n" not in result.content[0].text
    assert "pydantic" not in result.content[0].text


def test_with_keys_the_server_asks_for_one_that_may_write(served: tuple[str, Home]) -> None:
    url, home = served
    (_, read), (_, write) = home.catalogue.keys.create("read"), home.catalogue.keys.create("write")
    start = {"jsonrpc": "2.0", "id": 1, "method": "ping"}

    def status(secret: str | None, **more: str) -> int:
        headers = {"Accept": "application/json, text/event-stream", **more}
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
        return httpx.post(url, json=start, headers=headers).status_code

    assert (status(None), status("sl_wrong"), status(read)) == (401, 401, 403)
    for scope in ("operate", "reader:ann"):  # its tools record events, and read of any reader
        assert status(home.catalogue.keys.create(scope)[1]) == 403
    assert status(write) < 401
    assert status(write, Origin="http://localhost:6274") < 401  # a tool of this machine
    for elsewhere in ("https://evil.example", "null", "http://["):
        assert status(write, Origin=elsewhere) == 403


def test_a_client_that_begins_again_and_again_leaves_nothing_behind(served: tuple[str, Home]) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
    start = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    call = {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "search", "arguments": {"text": "moon"}},
    }
    with httpx.Client(headers={"Accept": "application/json, text/event-stream"}) as client:
        for _ in range(3):
            begun = client.post(served[0], json=start)
            assert begun.status_code == 200
            assert "mcp-session-id" not in begun.headers
        assert "hits" in client.post(served[0], json=call).text


def test_a_request_of_which_nothing_more_comes_is_ended(
    small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    from shortlist.serving.mcp.http import mcp_application

    encoder = new_hash_encoder()
    limits = ServeConfig(body_timeout_s=0.3)
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), serve=limits, **GATES)  # type: ignore[arg-type]
    head = (
        b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Accept: application/json, text/event-stream\r\nContent-Length: 99\r\n\r\n{"
    )
    with Home.open(small_home) as home:
        app = mcp_application(context_over(home, config, encoder, scripted_model([-0.1, -3.0])))
        with (
            running(app) as (url, _, _),
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=300) as slow,
        ):
            slow.sendall(head)
            assert b" 408 " in slow.recv(4096)


def test_the_command_speaks_over_stdio(sample_home: Path, tmp_path: Path) -> None:
    home = shutil.copytree(sample_home, tmp_path / "home")
    from mcp import StdioServerParameters

    command = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from shortlist.app.cli.main import run; run()", "serve", "mcp"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "SHORTLIST_HOME": str(home)},
        cwd=ROOT,
    )

    async def ask() -> Any:
        async with client_of(command) as client:
            asked = {"user_id": "user_123", "k": 2}
            return (await client.call_tool("recommend", asked)).structured_content

    answer = asyncio.run(ask())
    assert [item["rank"] for item in answer["recommendations"]] == [1, 2]
    assert json.dumps(answer)
