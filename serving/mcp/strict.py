"""Tools that refuse an argument they do not have: a filter with a slip of the pen must not be passed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import create_model


def strict_tool(work: Callable[..., Any], annotations: ToolAnnotations) -> Tool:
    """`work` as a tool; the SDK's own way to make one passes over what it does not know."""
    tool = Tool.from_function(work, annotations=annotations)
    known = tool.fn_metadata
    known.arg_model = create_model(work.__name__, __base__=known.arg_model, __cls_kwargs__={"extra": "forbid"})
    tool.parameters = known.arg_model.model_json_schema(by_alias=True)
    return tool
