"""Enrich one text with a language model: ask, check the answer, and ask once more if the summary is wrong."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from shortlist.core.token_estimate import estimate_tokens
from shortlist.core.types import Attributed, Enrichment
from shortlist.ingest.enrich.answer import MIN_TAGS, Answer, parse, schema
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
MAX_WRONG_SHOWN = 5
ESCAPES = str.maketrans({"<": "‹", ">": "›", "|": "/"})
MIN_TOKENS = 30  # a shorter text needs no summary: a model could only invent more
TITLE_WISH = "Use only words of the text."


def language_name(language: str | None) -> str:
    """Return the English name of a language code such as "de-AT"; "" for English, unknown codes and None."""
    return NAMES.get((language or ENGLISH).split("-")[0].lower(), "")


@dataclass(frozen=True, slots=True)
class Text:
    """A text to describe. `body` is the transcript of a video, or the whole article."""

    title: str
    description: str
    body: str
    language: str | None = None

    @property
    def is_short(self) -> bool:
        """True if the body is too short to be summarised."""
        return estimate_tokens(self.body) < MIN_TOKENS


@dataclass(frozen=True, slots=True)
class Enriched:
    """The output of the model. `note` gives the reason if there is no summary."""

    enrichment: Enrichment
    note: str = ""


class Enricher:
    """Enriches texts with `model`, which is given at most `tokens` tokens of each, cut by `cut`."""

    def __init__(self, model: LanguageModel, cut: Cut, categories: Sequence[str], tokens: int) -> None:
        self.model = model
        self._cut = cut
        self._categories = tuple(categories)
        self._tokens = tokens
        self._prompt = load(PROMPT)

    @property
    def made_by(self) -> str:
        """The maker of the output: MODEL:PROMPT@VERSION."""
        return f"{self.model.name}:{self._prompt.id}"

    def enrich(self, text: Text) -> Enriched:
        """Write a summary, a category, tags and, for an uninformative title, a new one. Raises `ModelFailed`.

        A summary with numbers or names that the text does not contain is asked for once more, then left out.
        """
        answer = self._ask(text, wrong="")
        if answer.wrong:
            answer = self._ask(text, wrong=_quote(answer.wrong))
        return self._to_enrichment(answer)

    def _ask(self, text: Text, wrong: str) -> Answer:
        wants_title = is_uninformative(text.title)
        title = "" if is_file_name(text.title) else text.title
        values = {
            "categories": ", ".join(self._categories),
            "title": self._cut(_escape(title), TITLE_TOKENS),
            "description": self._cut(_escape(text.description), DESCRIPTION_TOKENS),
            "text": self._cut(_escape(text.body), self._tokens),
            "title_wish": TITLE_WISH if wants_title else "",
            "language": language_name(text.language),
            "wrong": wrong,
        }
        messages = [Message(role, words) for role, words in self._prompt.render(**values)]
        reply = self.model.complete(messages, schema(self._categories, wants_title, not text.is_short), ANSWER_TOKENS)
        return parse(reply.text, "\n".join((title, text.description, text.body)))

    def _to_enrichment(self, answer: Answer) -> Enriched:
        by = self.made_by
        summary = Attributed(answer.summary, by) if answer.summary and not answer.wrong else None
        title = Attributed(answer.title, by) if answer.title else None
        tags = answer.tags if len(answer.tags) >= MIN_TAGS else ()  # else keep the extracted keywords
        made = Enrichment(summary, Attributed(answer.category, by), tags, by if tags else None, title)
        return Enriched(made, _missing_summary_note(answer))


def _missing_summary_note(answer: Answer) -> str:
    if answer.wrong:
        return f"the summary was rejected because of {_quote(answer.wrong)}"
    return "" if answer.summary else "too short to be summarised"


def _escape(text: str) -> str:
    """Replace characters that could form a token of a chat template, or close the prompt's `<text>`."""
    return unicodedata.normalize("NFKC", text).translate(ESCAPES)


def _quote(wrong: Sequence[str]) -> str:
    return ", ".join(f'"{word}"' for word in wrong[:MAX_WRONG_SHOWN])
