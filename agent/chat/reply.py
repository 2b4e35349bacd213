"""What a chat answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.memory import Document
from shortlist.core.json_documents import notes_document
from shortlist.core.notes import Note


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said, the action behind it, the list it shows or speaks of, and notes for the person.

    `asked` are the action's arguments with every reference resolved, by which a follow-up can ask again. `undecided` if
    the reader is asked what they like.
    """

    text: str
    action: Action
    recommendations: tuple[Document, ...] = ()
    notes: tuple[Note, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)
    undecided: bool = False

    @property
    def document(self) -> dict[str, Any]:
        """The document of `chat --json`."""
        return {
            "reply": self.text,
            "action": {"name": self.action.name, "arguments": dict(self.action.arguments)},
            "recommendations": list(self.recommendations),
            "notes": notes_document(self.notes),
        }
