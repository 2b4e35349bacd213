"""Wishes: those of readers, and those that a language model writes for a video, two that it answers and a near miss."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from shortlist.agent.prompt_safety.sanitize import clean, clean_untrusted
from shortlist.core.types import Video
from shortlist.models.llm.language_model import LanguageModel, Message
from shortlist.prompts.loader import load
from shortlist.store.catalogue.exposures import Exposures

PROMPT = "wishes"
FIELDS = ("question", "topic", "near_miss")
TITLE_TOKENS, TEXT_TOKENS, WISH_TOKENS, ANSWER_TOKENS = 40, 120, 24, 90
COPY = 90.0  # a token set ratio from which a wish copies the title, or an earlier wish
MIN_LETTERS = 4

SCHEMA = {
    "type": "object",
    "properties": {name: {"type": "string", "minLength": MIN_LETTERS, "maxLength": 80} for name in FIELDS},
    "required": list(FIELDS),
    "additionalProperties": False,
}


def shown_wishes(exposures: Exposures) -> list[str]:
    """Return the wishes of readers whose answers are in the log of exposures, each once, the newest first."""
    wishes = [one.request.wish.strip() for one in exposures.iterate() if one.request.wish]
    return list(dict.fromkeys(reversed(wishes)))


def write_wishes(video: Video, model: LanguageModel) -> list[str]:
    """Ask `model` for wishes about `video`, without those that copy its title or each other.

    Returns none if the answer is no usable JSON. Raises `ModelFailed` as `complete` does.
    """
    title = clean_untrusted(video.display_title, TITLE_TOKENS)
    text = clean_untrusted(video.summary or video.transcript.text or video.description, TEXT_TOKENS, title)
    messages = [Message(role, turn) for role, turn in load(PROMPT).render(title=title, text=text)]
    answer = model.complete(messages, SCHEMA, ANSWER_TOKENS)
    try:
        written = json.loads(answer.text)
    except ValueError:  # the answer was cut off at its last token
        return []
    return distinct([clean(str(written.get(name, "")), WISH_TOKENS) for name in FIELDS], [title])


def distinct(wishes: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Return the `wishes` with letters that copy neither `taken` nor an earlier one."""
    kept: list[str] = []
    for wish in wishes:
        if sum(map(str.isalpha, wish)) >= MIN_LETTERS and not any(_copies(wish, other) for other in (*taken, *kept)):
            kept.append(wish)
    return kept


def _copies(wish: str, other: str) -> bool:
    return bool(_words(other)) and fuzz.token_set_ratio(_words(wish), _words(other)) >= COPY


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
