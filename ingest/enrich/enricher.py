"""One text enriched by a language model: asked, checked, asked again, and left to extraction where that fails too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.types import Enrichment, Made
from ingest.enrich.answer import Answer, read, schema
from ingest.enrich.titles import says_nothing
from models.cut import Cut
from models.language_model import LanguageModel, Message
from prompts.loader import load

PROMPT = "enrich"
ANSWER_TOKENS = 260
DESCRIPTION_TOKENS = 80
TITLE_TOKENS = 40
SHOWN_WRONG = 5
TITLE_WISH = "Use only words of the text."


@dataclass(frozen=True, slots=True)
class Text:
    """What is to be described. `body` is the transcript of a video, or all of an article."""

    title: str
    description: str
    body: str


@dataclass(frozen=True, slots=True)
class Enriched:
    """What the model made; `note` says why there is no summary among it."""

    enrichment: Enrichment
    note: str = ""


class Enricher:
    """Asks `model`, which reads at most `tokens` tokens of a text, cut by `cut`."""

    def __init__(self, model: LanguageModel, cut: Cut, categories: Sequence[str], tokens: int) -> None:
        self._model = model
        self._cut = cut
        self._categories = tuple(categories)
        self._tokens = tokens
        self._prompt = load(PROMPT)

    @property
    def made_by(self) -> str:
        """MODEL:PROMPT@VERSION."""
        return f"{self._model.name}:{self._prompt.id}"

    def enrich(self, text: Text) -> Enriched:
        """Summary, category, tags and, for a title that says nothing, another. Raises `ModelFailed`."""
        answer = self._ask(text, wrong="")
        if answer.wrong:
            answer = self._ask(text, wrong=_listed(answer.wrong))
        return self._signed(answer)

    def _ask(self, text: Text, wrong: str) -> Answer:
        wants_title = says_nothing(text.title)
        values = {
            "categories": ", ".join(self._categories),
            "title": self._cut(text.title, TITLE_TOKENS),
            "description": self._cut(text.description, DESCRIPTION_TOKENS),
            "text": self._cut(text.body or text.description, self._tokens),
            "title_wish": TITLE_WISH if wants_title else "",
            "wrong": wrong,
        }
        messages = [Message(role, words) for role, words in self._prompt.render(**values)]
        reply = self._model.complete(messages, schema(self._categories, wants_title), ANSWER_TOKENS)
        return read(reply.text, "\n".join((text.title, text.description, text.body)))

    def _signed(self, answer: Answer) -> Enriched:
        by = self.made_by
        summary = None if answer.wrong else Made(answer.summary, by)
        title = Made(answer.title, by) if answer.title else None
        made = Enrichment(summary, Made(answer.category, by), answer.tags, by if answer.tags else None, title)
        return Enriched(made, f"the summary would not do without {_listed(answer.wrong)}" if answer.wrong else "")


def _listed(wrong: Sequence[str]) -> str:
    return ", ".join(f'"{one}"' for one in wrong[:SHOWN_WRONG])
