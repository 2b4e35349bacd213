"""State of a chat between turns: its reader, the last list and the request for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shortlist.agent.chat.action import LIST_ACTIONS, Action, arguments_of
from shortlist.agent.chat.languages.phrases import Language
from shortlist.core.ranking import Request

Document = Mapping[str, Any]

DEFAULT_THREAD = "default"  # of the command line


class ThreadStore(Protocol):
    """Threads by name: one JSON document a turn, oldest first. `Threads` of the catalogue implements it."""

    def get(self, name: str, newest: int) -> Sequence[Document]:
        """Return the `newest` turns; empty for a new thread."""
        ...

    def add(self, name: str, message: dict[str, Any]) -> None:
        """Add a turn."""
        ...


@dataclass(frozen=True, slots=True)
class ChatState:
    """Everything that the next message may refer to.

    `user` is the reader of the chat, and `last_reader` the one named last, who may be another. `last_list` holds the
    JSON documents of the videos shown for `last_request`, of all its pages, each with the `request_id` of its page, and
    `list_reader` is their reader.
    `previous_request` is what undo returns to: the request before `last_request`, `last_request` itself if the last
    message found nothing, or the feedback to take back, with the ids of its `events` or the `objective_before` it.
    `lists` are the requests of all lists, oldest first. `choices` are the ready answers to the question of the last
    reply. `last_page` holds the places that the last reply with a list showed. `language` is that of the message to
    answer. `may_store` is False if feedback may not be stored.
    `focus` is the place in the list that was mentioned last. `awaiting_preference` is True if the last reply asked the
    reader what they like.
    """

    user: str | None = None
    last_list: tuple[Document, ...] = ()
    list_reader: str | None = None
    last_request: Action | None = None
    focus: int = 1
    awaiting_preference: bool = False
    previous_request: Action | None = None
    last_reader: str | None = None
    last_page: list[int] = field(default_factory=list)
    lists: tuple[Action, ...] = ()
    choices: tuple[str, ...] = ()
    language: Language = "en"
    may_store: bool = True

    @property
    def n_shown(self) -> int:
        """The number of places of the last list that were shown."""
        return max((int(item["rank"]) for item in self.last_list), default=0)


def list_turn(request: Request, answer: Document) -> dict[str, Any]:
    """Return the turn of a thread whose reader was shown `answer` to `request` outside of the chat."""
    arguments = arguments_of(request)
    return {
        "message": "",
        "reply": "",
        "action": {"name": "recommend", "arguments": arguments},
        "recommendations": list(answer["recommendations"]),
        "request_id": answer["request_id"],
        "user": request.user_id,
        "speaker": request.user_id,
        "asked": arguments,
    }


def recall(turns: Sequence[Document], user: str | None) -> ChatState:
    """Return the state after `turns`, for `user` if given, else for the reader named last.

    A list that was shown to another speaker is not continued: its request starts over for `user`.
    """
    users = [turn["user"] for turn in turns if turn.get("user")]
    last_list: tuple[Document, ...] = ()
    list_turn: Document = {}
    focus = 1
    requests: list[Action] = []
    lists: list[Action] = []
    for turn in turns:
        action = turn.get("action") or {}
        arguments = turn.get("asked") or {}
        if arguments and turn.get("recommendations"):
            page = ({**item, "request_id": turn.get("request_id")} for item in turn["recommendations"])
            last_list = (*(last_list if arguments.get("after") else ()), *page)
            list_turn, focus = turn, 1
            undone = bool(action["arguments"].get("undone"))
            _push(requests, _request(arguments), undone=undone)
            if not lists or lists[-1] != _request(arguments):
                lists.append(_request(arguments))
        if action.get("name") in ("feedback", "objective"):
            _push_feedback(requests, turn)
            numbers: list[int] = action["arguments"].get("numbers", [])
            focus = numbers[0] if len(numbers) == 1 else focus
        elif action.get("name") in ("explain", "describe", "open"):
            focus = action["arguments"].get("number", 1)
    last_reader = users[-1] if users else None
    state = ChatState(
        user=user or last_reader,
        last_list=last_list,
        list_reader=list_turn.get("user"),
        last_request=Action(_request(list_turn["asked"]).name, list_turn["asked"]) if list_turn else None,
        focus=focus,
        awaiting_preference=bool(turns and turns[-1].get("undecided")),
        previous_request=_previous(requests, turns),
        last_reader=last_reader,
        last_page=[int(item["rank"]) for item in list_turn.get("recommendations", ())],
        lists=tuple(lists),
        choices=tuple(turns[-1].get("choices", ())) if turns else (),
    )
    if user is None or state.list_reader in (None, user) or list_turn.get("speaker") == user:
        return state
    return ChatState(user, last_request=_restart_for(user, state.last_request), last_reader=last_reader)


def _restart_for(user: str, request: Action | None) -> Action | None:
    """Return `request` for `user`, from its first page."""
    if request is None:
        return None
    return Action(request.name, {**_without_page(request.arguments), "user": user})


def _without_page(arguments: Document) -> Document:
    return {name: value for name, value in arguments.items() if name != "after"}


def _request(arguments: Document) -> Action:
    return Action("search" if "text" in arguments else "recommend", _without_page(arguments))


def _push(steps: list[Action], request: Action, *, undone: bool) -> None:
    """Add `request` to the steps; an undone step returns to its earlier occurrence instead. Feedback stays."""
    lists = [step for step in steps if step.name != "feedback"]
    while undone and lists and lists[-1] != request:
        steps.remove(lists.pop())
    if not lists or lists[-1] != request:
        steps.append(request)


def _push_feedback(steps: list[Action], turn: Document) -> None:
    """Add the feedback of `turn` to the steps, or remove the newest one if `turn` took it back."""
    if turn.get("events"):
        steps.append(Action("feedback", {"events": turn["events"], "user": turn["user"]}))
    elif turn.get("objective_before") is not None:
        steps.append(Action("feedback", {"objective_before": turn["objective_before"], "user": turn["user"]}))
    elif turn["action"]["arguments"].get("undone"):
        newest = next((place for place, step in reversed(list(enumerate(steps))) if step.name == "feedback"), None)
        if newest is not None:
            del steps[newest]


def _previous(steps: Sequence[Action], turns: Sequence[Document]) -> Action | None:
    """Return what undo returns to: feedback if it came last, else the list before, else feedback before that."""
    last = turns[-1] if turns else {}
    failed = (last.get("action") or {}).get("name") in LIST_ACTIONS and not last.get("recommendations")
    lists = [step for step in steps if step.name != "feedback"]
    feedback = [step for step in steps if step.name == "feedback"]
    if steps and steps[-1].name == "feedback" and not failed:
        return steps[-1]
    return next(iter([*(lists[-1:] if failed else lists[-2:-1]), *feedback[-1:]]), None)
