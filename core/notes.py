"""Notes on results: a code for programs, a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# docs/data.md has a table of their meanings.
NoteCode = Literal[
    # a reader and their list
    "no-history",
    "no-likes",
    "few-results",
    # retrieval
    "popular-only",
    "nothing-relevant",
    "index-behind",
    "home-damaged",
    # rerank
    "no-model",
    "model-failed",
    "out-of-time",
    "partly-judged",
    "unusable-answers",
    "json-fallback",
    "no-wish",
    # limits of a server
    "model-late",
    "model-busy",
    # chat
    "message-not-read",
    "hidden-in-thread",
    # ingest
    "repeated-ids",
    "conflicting-texts",
    "event-id-taken",
    "no-speech",
    "same-content",
    "content-replaced",
    "passed-over",
]


@dataclass(frozen=True, slots=True)
class Note:
    """A fact about a result. Programs decide by `code`, never by the sentences.

    `public` is a sentence that any client may read. `detail` is for the operator of this machine: it may name addresses
    and files, or quote a model server. The command line and the log show it; JSON documents and pages never do.
    """

    code: NoteCode
    public: str
    detail: str = ""

    @property
    def full(self) -> str:
        """Both sentences, for the command line and the log."""
        return f"{self.public}: {self.detail}" if self.detail else self.public
