"""A language model that reads what the parser cannot: a LangChain agent whose tools are the chat's own actions.

The model only chooses a tool and copies its main argument. Numbers and limits are read from the message by the
parser's own rules, and an argument that the message does not bear out is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from shortlist.agent.chat.action import Action, ActionName
from shortlist.agent.chat.memory import Document, Memory
from shortlist.agent.chat.nlu.context import ParseContext
from shortlist.agent.chat.nlu.limits import take_limits
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.nlu.words import MAX_CHARS, tidy
from shortlist.models.llm.language_model import LanguageModel
from shortlist.retrieval.analysis import terms

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.tools import BaseTool

MODEL_CALLS = 2
STEPS = 8  # nodes of the graph that one message may pass
REMEMBERED = 3  # turns that the model is shown
REPLY_CHARS = 300  # of each

log = logging.getLogger(__name__)


class Interpreter(Protocol):
    """Whoever makes sense of messages that the parser cannot read."""

    def interpret(self, message: str, turns: Sequence[Document], memory: Memory, today: date) -> Action | None:
        """The action that `message` asks for after `turns`; None if it cannot be told. Raises `ServiceError`."""
        ...


class AgentInterpreter:
    """Asks `model` through LangChain's `create_agent`; the conversation so far comes from the thread."""

    def __init__(self, model: LanguageModel, names: Names) -> None:
        self._model = model
        self._names = names

    def interpret(self, message: str, turns: Sequence[Document], memory: Memory, today: date) -> Action | None:
        """See `Interpreter`."""
        called = self._called([*_said(turns[-REMEMBERED:]), _human(message)])
        if called is None:
            return None
        limits, _ = take_limits(tidy(message), ParseContext(self._names, memory, today))
        held = {name: value for name, value in limits.items() if value is not None}  # None lifts one
        return grounded(called, message, memory, self._names, held)

    def _called(self, messages: list[BaseMessage]) -> Action | None:
        from langchain.agents import create_agent
        from langchain.agents.middleware import ModelCallLimitMiddleware, ToolCallLimitMiddleware
        from langgraph.errors import GraphRecursionError

        from shortlist.agent.chat.tool_chat import ToolChat

        called: list[Action] = []
        limits: Any = [ModelCallLimitMiddleware(run_limit=MODEL_CALLS), ToolCallLimitMiddleware(run_limit=1)]
        agent: Any = create_agent(ToolChat(model=self._model), _tools(called.append), middleware=limits)
        try:
            agent.invoke({"messages": messages}, {"recursion_limit": STEPS})
        except (GraphRecursionError, ValueError, KeyError, TypeError) as error:
            log.info("the model called no tool: %s", error)
        return called[0] if called else None


def grounded(action: Action, message: str, memory: Memory, names: Names, limits: dict[str, Any]) -> Action | None:
    """`action` as far as `message` and `memory` bear it out; None where its topic is not in the message."""
    given = dict(action.arguments)
    topics = [given[name] for name in ("about", "text") if name in given]
    if not all(topic and set(terms(topic)) <= set(terms(message)) for topic in topics):
        return None
    named = given.pop("user", None)
    user = named if named and named in message and names.is_reader(named) else memory.user
    match action.name:
        case "recommend" if user or not topics:
            return Action("recommend", {"user": user, **given, **limits})
        case "recommend" | "search":
            return Action("search", {"text": topics[0], **limits})
        case "profile":
            return Action("profile", {"user": user}) if user else None
        case "explain" | "describe":
            said = any(char.isdigit() for char in message)
            return Action(action.name, {"number": given["number"] if said else memory.focus, "user": user})
    return action


def _tools(keep: Callable[[Action], object]) -> list[BaseTool]:
    """The actions as typed tools. A call is kept and ends the run: no word of the model reaches the person."""
    from langchain_core.tools import StructuredTool

    def recommend(user: str | None = None, about: str | None = None) -> str:
        """Recommend videos for a reader, perhaps about a topic."""
        return _kept("recommend", {"user": user, "about": about})

    def search(text: str) -> str:
        """Find videos about a topic, for nobody in particular."""
        return _kept("search", {"text": text})

    def explain(number: int) -> str:
        """Say why a video of the last list was recommended, by its number."""
        return _kept("explain", {"number": number})

    def describe(number: int) -> str:
        """Say what a video of the last list is about, by its number."""
        return _kept("describe", {"number": number})

    def profile(user: str) -> str:
        """Say what a reader likes and has watched."""
        return _kept("profile", {"user": user})

    def help() -> str:  # noqa: A001
        """Say what can be asked, where nothing else fits."""
        return _kept("help", {})

    def _kept(name: ActionName, arguments: dict[str, Any]) -> str:
        keep(Action(name, {key: value for key, value in arguments.items() if value not in (None, "")}))
        return name

    return [
        StructuredTool.from_function(tool, return_direct=True)
        for tool in (recommend, search, explain, describe, profile, help)
    ]


def _said(turns: Sequence[Document]) -> list[BaseMessage]:
    from langchain_core.messages import AIMessage

    return [
        said
        for turn in turns
        for said in (_human(str(turn.get("message", ""))), AIMessage(str(turn.get("reply", ""))[:REPLY_CHARS]))
        if said.text
    ]


def _human(text: str) -> BaseMessage:
    from langchain_core.messages import HumanMessage

    return HumanMessage(tidy(text)[:MAX_CHARS])
