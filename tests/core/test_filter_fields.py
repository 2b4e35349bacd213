"""Conditions on videos: declared once in `Filters`, and the same on the command line, in the API and in MCP."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from shortlist.core.errors import RecordError
from shortlist.core.filter_fields import FILTER_FIELDS, FilterField, filters_from, with_filters
from shortlist.core.ranking import Filters

MEANINGS = {one.name: one.description.rstrip(".") for one in FILTER_FIELDS}
COMMANDS = [("recommend",), ("search",), ("export",), ("reader", "whatif")]


def test_there_are_thirteen_with_a_sentence_each() -> None:
    assert len(MEANINGS) == len(FILTER_FIELDS) == 13
    assert all(one.description.endswith(".") for one in FILTER_FIELDS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_command_line_has_all(words: tuple[str, ...]) -> None:
    from shortlist.app.cli.commands import COMMANDS, walk
    from shortlist.app.cli.lazy import LazyCommand

    loaded = LazyCommand(words[-1], dict(walk(COMMANDS))[words]).load()
    options = {option: one for one in loaded.params for option in one.opts}
    for name, meaning in MEANINGS.items():
        assert options[f"--{name.replace('_', '-')}"].help.startswith(meaning)  # type: ignore[attr-defined]


def test_the_api_has_all() -> None:
    from fastapi import FastAPI

    from shortlist.serving.api import catalogue, recommend, what_if

    app = FastAPI()
    for module in (recommend, catalogue, what_if):
        app.include_router(module.router)
    routes = [route for path in app.openapi()["paths"].values() for route in path.values()]
    conditions = [{one["name"]: one.get("description", "") for one in route.get("parameters", ())} for route in routes]
    with_some = [one for one in conditions if one.keys() & MEANINGS.keys()]
    assert len(with_some) >= 5
    for one in with_some:
        assert all(one[name].startswith(meaning) for name, meaning in MEANINGS.items())


def test_mcp_has_all() -> None:
    from shortlist.serving.mcp.tools import mcp_server

    server: Any = mcp_server(None)  # type: ignore[arg-type]
    schemas = {tool.name: tool.input_schema for tool in asyncio.run(server.list_tools())}
    for name in ("recommend", "search"):
        described = {field: one.get("description", "") for field, one in schemas[name]["properties"].items()}
        assert all(described[field].startswith(meaning) for field, meaning in MEANINGS.items())


def test_what_is_not_given_is_no_condition() -> None:
    assert filters_from({}) == filters_from({one.name: one.default for one in FILTER_FIELDS}) == Filters()


def test_a_value_is_that_of_its_field() -> None:
    given = {"max_duration": 60.0, "not_word": ["a", "b"], "include_seen": True, "category": None}
    assert filters_from(given) == Filters(max_duration_s=60, not_words=("a", "b"), include_seen=True)


@pytest.mark.parametrize(
    "value",
    [date(2026, 11, 1), datetime(2026, 11, 1), datetime(2026, 11, 1, 2, tzinfo=timezone(timedelta(hours=2)))],
    ids=["date", "time", "zone"],
)
def test_a_date_is_its_midnight_and_a_time_in_utc(value: date) -> None:
    assert filters_from({"published_after": value}).published_after == datetime(2026, 11, 1, tzinfo=UTC)


def test_an_invalid_value_is_refused() -> None:
    with pytest.raises(RecordError, match="max-duration"):
        filters_from({"max_duration": -1.0})


def test_a_function_takes_the_conditions_instead_of_filters() -> None:
    def annotation(field: FilterField) -> str:
        return field.kind

    @with_filters(annotation)
    def find(text: str, filters: Filters, k: int = 10) -> tuple[str, Filters, int]:
        return text, filters, k

    call: Any = find
    assert call("moon", k=3, language="en") == ("moon", Filters(language="en"), 3)
    assert call.__annotations__["max_duration"] == "seconds"
    assert "filters" not in call.__annotations__
