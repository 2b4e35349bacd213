"""The tool of the chat that shows and changes a reader's own objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.chat_state import ChatState, Document
from shortlist.agent.chat.languages.phrases import say
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.reply import Reply
from shortlist.agent.reader.objective import describe_objective, read_objective
from shortlist.agent.recommend import Recommender
from shortlist.core.types import NO_OBJECTIVE, Objective

Put = Callable[[str, Objective], None]


def answer_objective(action: Action, state: ChatState, recommender: Recommender, names: Names, put: Put) -> Reply:
    """Return what the reader wants of every list, after the change that `action` asks for, if any.

    Raises `UnknownReader`.
    """
    asked = {name: value for name, value in action.arguments.items() if name not in ("user", "unmet", "others")}
    if action.arguments.get("user") is None:
        return Reply(say("ask_reader", state.language), action)
    profile = recommender.profile(action.arguments["user"])
    if asked and not state.may_store:
        return Reply(say("read_only", state.language), action)
    before = after = profile.objective
    if asked:
        after = NO_OBJECTIVE if asked.get("clear") else before.merged(_read(asked, names))
        put(profile.user_id, after)
    entries = ", ".join(
        describe_objective(after, profile.disliked_channels, lambda words: say(words.replace(" ", "_"), state.language))
    )
    phrase = "objective" if entries else "no_objective"
    text = say(phrase, state.language, user=profile.user_id, entries=entries)
    if not asked:
        return Reply(text, action)
    return Reply(f"{text} {say('undo_hint', state.language)}", action, objective_before=asdict(before))


def restore_objective(step: Action, put: Put) -> None:
    """Store the objective that the reader had before the step of a chat that changed it."""
    stored: Document = step.arguments["objective_before"]
    pairs = {name: tuple((one, amount) for one, amount in stored[name]) for name in ("categories", "channels")}
    put(step.arguments["user"], Objective(**pairs, length_s=stored["length_s"]))


def _read(asked: Mapping[str, Any], names: Names) -> Objective:
    return read_objective(
        more=asked.get("more", ()), less=asked.get("less", ()), length_s=asked.get("length_s"),
        categories=names.categories, channels=names.channels,
    )  # fmt: skip
