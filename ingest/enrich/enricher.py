"""One text enriched by a language model: asked, checked, asked again, and left to extraction where that fails too."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from shortlist.core.token_estimate import estimate_tokens
from shortlist.core.types import Enrichment, Made
from shortlist.ingest.enrich.answer import MIN_TAGS, Answer, read, schema
from shortlist.ingest.enrich.title_quality import is_file_name, is_uninformative
from shortlist.models.llm.language_model import LanguageModel, Message
from shortlist.models.llm.loader import Cut
from shortlist.prompts.loader import load

ENGLISH = "en"
_NAMES = """
    ar Arabic, bg Bulgarian, bn Bengali, ca Catalan, cs Czech, da Danish, de German, el Greek, es Spanish, et Estonian,
    fa Persian, fi Finnish, fr French, gu Gujarati, he Hebrew, hi Hindi, hr Croatian, hu Hungarian, id Indonesian,
    it Italian, ja Japanese, jw Javanese, kn Kannada, ko Korean, lt Lithuanian, lv Latvian, ml Malayalam, mr Marathi,
    ms Malay, nl Dutch, no Norwegian, pa Punjabi, pl Polish, pt Portuguese, ro Romanian, ru Russian, sk Slovak,
    sl Slovenian, sr Serbian, sv Swedish, sw Swahili, ta Tamil, te Telugu, th Thai, tl Tagalog, tr Turkish,
    uk Ukrainian, ur Urdu, vi Vietnamese, yue Cantonese, zh Chinese
"""
NAMES = dict(pair.split() for pair in _NAMES.split(","))
PROMPT = "enrich"
ANSWER_TOKENS = 260
DESCRIPTION_TOKENS = 80
TITLE_TOKENS = 40
SHOWN_WRONG = 5
HARMLESS = str.maketrans({"<": "‹", ">": "›", "|": "/"})
LEAST_TOKENS = 30  # a shorter text is its own summary: of five words a model can only make up more
TITLE_WISH = "Use only words of the text."


def foreign(language: str | None) -> str:
    """The name of `language`, a code as "de-AT"; "" for English, an unknown one, and where none is known."""
    return NAMES.get((language or ENGLISH).split("-")[0].lower(), "")


@dataclass(frozen=True, slots=True)
class Text:
    """What is to be described. `body` is the transcript of a video, or all of an article. `language`: where known."""

    title: str
    description: str
    body: str
    language: str | None = None

    @property
    def is_short(self) -> bool:
        """Whether it is no longer than a summary of it."""
        return estimate_tokens(self.body) < LEAST_TOKENS


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
        wants_title = is_uninformative(text.title)
        title = "" if is_file_name(text.title) else text.title
        values = {
            "categories": ", ".join(self._categories),
            "title": self._cut(_harmless(title), TITLE_TOKENS),
            "description": self._cut(_harmless(text.description), DESCRIPTION_TOKENS),
            "text": self._cut(_harmless(text.body), self._tokens),
            "title_wish": TITLE_WISH if wants_title else "",
            "language": foreign(text.language),
            "wrong": wrong,
        }
        messages = [Message(role, words) for role, words in self._prompt.render(**values)]
        reply = self._model.complete(messages, schema(self._categories, wants_title, not text.is_short), ANSWER_TOKENS)
        return read(reply.text, "\n".join((title, text.description, text.body)))

    def _signed(self, answer: Answer) -> Enriched:
        by = self.made_by
        summary = Made(answer.summary, by) if answer.summary and not answer.wrong else None
        title = Made(answer.title, by) if answer.title else None
        tags = answer.tags if len(answer.tags) >= MIN_TAGS else ()  # the keywords stay
        made = Enrichment(summary, Made(answer.category, by), tags, by if tags else None, title)
        return Enriched(made, _why_none(answer))


def _why_none(answer: Answer) -> str:
    if answer.wrong:
        return f"the summary would not do without {_listed(answer.wrong)}"
    return "" if answer.summary else "too short to be summarised"


def _harmless(text: str) -> str:
    """`text` in which nothing can be a token of a chat template, or the end of our own `<text>`."""
    return unicodedata.normalize("NFKC", text).translate(HARMLESS)


def _listed(wrong: Sequence[str]) -> str:
    return ", ".join(f'"{one}"' for one in wrong[:SHOWN_WRONG])
