"""Replies of the chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.chat_state import Document
from shortlist.core.json_documents import notes_document
from shortlist.core.notes import Note


@dataclass(frozen=True, slots=True)
class Reply:
    """A text, the action that it answers, the videos that it shows or mentions, and notes.

    `resolved` are the action's arguments with all references resolved; follow-ups repeat them. `asks_preference` is
    True if the text asks the reader what they like. `events` are the ids of the events that were stored, `request_id`
    is that of the list's exposure. `objective_before` is the reader's objective before the action changed it; None if
    it did not. `choices` are the ready answers if the text asks what was meant.
    """

    text: str
    action: Action
    recommendations: tuple[Document, ...] = ()
    notes: tuple[Note, ...] = ()
    resolved: Mapping[str, Any] = field(default_factory=dict)
    asks_preference: bool = False
    events: tuple[str, ...] = ()
    request_id: str | None = None
    objective_before: Document | None = None
    choices: tuple[str, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """The document of `chat --json`."""
        return {
            "reply": self.text,
            "request_id": self.request_id,
            "action": {"name": self.action.name, "arguments": dict(self.action.arguments)},
            "recommendations": list(self.recommendations),
            "notes": notes_document(self.notes),
            "events": list(self.events),
            "choices": list(self.choices),
            **({} if self.objective_before is None else {"objective_before": self.objective_before}),
        }
