"""A LangChain chat model that calls tools, on any of our language models, by JSON under a schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from shortlist.models.llm.language_model import LanguageModel, Message
from shortlist.prompts.loader import load

MAX_TOKENS = 128
MAX_TEXT = 60


class ToolCallingModel(BaseChatModel):
    """Answers with exactly one tool call: the schema lets even a small model answer nothing else."""

    model: Any
    tools: tuple[Mapping[str, Any], ...] = ()

    @property
    def _llm_type(self) -> str:
        return "shortlist"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return the model with `tools` to choose from; it always calls one of them."""
        return ToolCallingModel(
            model=self.model, tools=tuple(convert_to_openai_tool(tool)["function"] for tool in tools)
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        model: LanguageModel = self.model
        answer = model.complete([*self._instructions(), *_turns(messages)], self._schema(), MAX_TOKENS)
        call = json.loads(answer.text)
        tool_call = {
            "name": call["tool"], "args": call["arguments"], "id": f"call_{len(messages)}", "type": "tool_call"
        }  # fmt: skip
        message = AIMessage("", tool_calls=[tool_call])
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _instructions(self) -> list[Message]:
        lines = [
            f"- {tool['name']}({', '.join(tool['parameters']['properties'])}): {tool['description']}"
            for tool in self.tools
        ]
        return [Message(role, text) for role, text in load("chat_tools").render(tools="\n".join(lines))]

    def _schema(self) -> dict[str, Any]:
        calls = [
            {
                "type": "object",
                "properties": {"tool": {"const": tool["name"]}, "arguments": _close(tool["parameters"])},
                "required": ["tool", "arguments"],
                "additionalProperties": False,
            }
            for tool in self.tools
        ]
        return {"anyOf": calls}


def _turns(messages: Sequence[BaseMessage]) -> list[Message]:
    return [Message("user" if isinstance(one, HumanMessage) else "assistant", one.text) for one in messages if one.text]


def _close(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return `parameters` without additional properties, and with short texts: small models ramble in long ones."""
    properties = {name: _shorten(schema) for name, schema in parameters["properties"].items()}
    return {**parameters, "properties": properties, "additionalProperties": False}


def _shorten(schema: Mapping[str, Any]) -> dict[str, Any]:
    types = [option.get("type") for option in schema.get("anyOf", [schema])]
    return {"type": "string", "maxLength": MAX_TEXT} if "string" in types else dict(schema)
