"""Interprets messages that the parser cannot read: a LangChain agent whose tools are the actions of the chat.

The model only chooses a tool and copies its main argument. The parser's own rules read numbers and limits from the
message, and arguments that are not in the message are dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from shortlist.agent.chat.action import Action, ActionName
from shortlist.agent.chat.chat_state import ChatState, Document
from shortlist.agent.chat.nlu.context import ParseContext
from shortlist.agent.chat.nlu.limits.extract import extract_limits
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.nlu.normalise import MAX_CHARS, normalise
from shortlist.models.llm.language_model import LanguageModel
from shortlist.retrieval.analysis import terms

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.tools import BaseTool

MODEL_CALLS = 2
MAX_STEPS = 8  # nodes of the graph for one message
HISTORY_TURNS = 3  # turns in the model's prompt
REPLY_CHARS = 300  # of each

log = logging.getLogger(__name__)


class Interpreter(Protocol):
    """Interprets messages that the parser cannot read."""

    def interpret(self, message: str, turns: Sequence[Document], state: ChatState, today: date) -> Action | None:
        """Return the action of `message` after `turns`; None if it is unclear. Raises `ServiceError`."""
        ...


class AgentInterpreter:
    """Interprets with `model` through LangChain's `create_agent`; the thread provides the conversation so far."""

    def __init__(self, model: LanguageModel, names: Names) -> None:
        self._model = model
        self._names = names

    def interpret(self, message: str, turns: Sequence[Document], state: ChatState, today: date) -> Action | None:
        """See `Interpreter`."""
        action = self._call([*_history(turns[-HISTORY_TURNS:]), _human(message)])
        if action is None:
            return None
        extracted, _ = extract_limits(normalise(message), ParseContext(self._names, state, today))
        limits = {name: value for name, value in extracted.items() if value is not None}  # None clears a limit
        return ground(action, message, state, self._names, limits)

    def _call(self, messages: list[BaseMessage]) -> Action | None:
        from langchain.agents import create_agent
        from langchain.agents.middleware import ModelCallLimitMiddleware, ToolCallLimitMiddleware
        from langgraph.errors import GraphRecursionError

        from shortlist.agent.chat.tool_calling_model import ToolCallingModel

        calls: list[Action] = []
        limits: Any = [ModelCallLimitMiddleware(run_limit=MODEL_CALLS), ToolCallLimitMiddleware(run_limit=1)]
        agent: Any = create_agent(ToolCallingModel(model=self._model), _tools(calls.append), middleware=limits)
        try:
            agent.invoke({"messages": messages}, {"recursion_limit": MAX_STEPS})
        except (GraphRecursionError, ValueError, KeyError, TypeError) as error:
            log.info("the model called no tool: %s", error)
        return calls[0] if calls else None


def ground(action: Action, message: str, state: ChatState, names: Names, limits: dict[str, Any]) -> Action | None:
    """Return `action` with the arguments that `message` or `state` contains; None if its topic is not in `message`."""
    arguments = dict(action.arguments)
    topics = [arguments[name] for name in ("about", "text") if name in arguments]
    if not all(topic and set(terms(topic)) <= set(terms(message)) for topic in topics):
        return None
    named = arguments.pop("user", None)
    user = named if named and named in message and names.is_reader(named) else state.user
    match action.name:
        case "recommend" if user or not topics:
            return Action("recommend", {"user": user, **arguments, **limits})
        case "recommend" | "search":
            return Action("search", {"text": topics[0], **limits})
        case "profile":
            return Action("profile", {"user": user}) if user else None
        case "explain" | "describe":
            has_number = any(char.isdigit() for char in message)
            return Action(action.name, {"number": arguments["number"] if has_number else state.focus, "user": user})
    return action


def _tools(record: Callable[[Action], object]) -> list[BaseTool]:
    """Return the actions as typed tools. A call is recorded and ends the run: users never see the model's words."""
    from langchain_core.tools import StructuredTool

    def recommend(user: str | None = None, about: str | None = None) -> str:
        """Recommend videos for a reader, perhaps about a topic."""
        return call("recommend", {"user": user, "about": about})

    def search(text: str) -> str:
        """Find videos about a topic, for nobody in particular."""
        return call("search", {"text": text})

    def explain(number: int) -> str:
        """Say why a video of the last list was recommended, by its number."""
        return call("explain", {"number": number})

    def describe(number: int) -> str:
        """Say what a video of the last list is about, by its number."""
        return call("describe", {"number": number})

    def profile(user: str) -> str:
        """Say what a reader likes and has watched."""
        return call("profile", {"user": user})

    def help() -> str:  # noqa: A001
        """Say what can be asked, where nothing else fits."""
        return call("help", {})

    def call(name: ActionName, arguments: dict[str, Any]) -> str:
        record(Action(name, {key: value for key, value in arguments.items() if value not in (None, "")}))
        return name

    return [
        StructuredTool.from_function(tool, return_direct=True)
        for tool in (recommend, search, explain, describe, profile, help)
    ]


def _history(turns: Sequence[Document]) -> list[BaseMessage]:
    from langchain_core.messages import AIMessage

    return [
        message
        for turn in turns
        for message in (_human(str(turn.get("message", ""))), AIMessage(str(turn.get("reply", ""))[:REPLY_CHARS]))
        if message.text
    ]


def _human(text: str) -> BaseMessage:
    from langchain_core.messages import HumanMessage

    return HumanMessage(normalise(text)[:MAX_CHARS])
