"""MCP tools that reject unknown arguments, and name a wrong argument in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import ValidationError, create_model
from pydantic_core import ErrorDetails

from shortlist.core.validation import short_repr

SHOULD_BE = "Input should be "


class StrictTool(Tool):
    """A tool whose errors of validation are one line for the language model, not pydantic's report."""

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        """See `Tool`."""
        try:
            return await super().run(arguments, context, convert_result)
        except ToolError as error:
            if type(error) is ToolError and isinstance(error.__cause__, ValidationError):
                raise ToolError(self._one_line(error.__cause__)) from None
            raise

    def _one_line(self, error: ValidationError) -> str:
        """Return the wrong arguments, each with what was expected and found."""
        return "; ".join(self._fault(one) for one in error.errors(include_url=False))

    def _fault(self, fault: ErrorDetails) -> str:
        name = ".".join(map(str, fault["loc"]))
        match fault["type"]:
            case "missing":
                return f"{name}: expected a value, found none"
            case "extra_forbidden":
                return f"{name}: expected one of {', '.join(self.parameters['properties'])}, found another argument"
        return f"{name}: expected {fault['msg'].removeprefix(SHOULD_BE)}, found {short_repr(fault['input'])}"


def strict_tool(function: Callable[..., Any], annotations: ToolAnnotations) -> Tool:
    """Return the function as a tool that rejects unknown arguments, which the SDK ignores by default."""
    tool = StrictTool.from_function(function, annotations=annotations)
    metadata = tool.fn_metadata
    metadata.arg_model = create_model(
        function.__name__, __base__=metadata.arg_model, __cls_kwargs__={"extra": "forbid"}
    )
    tool.parameters = metadata.arg_model.model_json_schema(by_alias=True)
    return tool
