"""A reader's taste in one sentence with tags, by a language model, or without one from the category mix."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shortlist.agent.batch import ItemBatch
from shortlist.agent.reader.history_text import reader_values
from shortlist.core.types import EXTRACTIVE, Profile
from shortlist.ingest.enrich.faithful import unsupported
from shortlist.ingest.records import values
from shortlist.models.llm.language_model import LanguageModel, Message
from shortlist.prompts.loader import load

PROMPT = "taste"
HISTORY_TOKENS = 600
ANSWER_TOKENS = 160
MAX_TAGS = 8
MAIN_CATEGORIES = 3
RARE = 0.1  # a share below this is no part of a taste
SCHEMA = {
    "type": "object",
    "properties": {
        "sentence": {"type": "string", "minLength": 10},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": MAX_TAGS},
    },
    "required": ["sentence", "tags"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Taste:
    """What a reader likes. `made_by` is MODEL:PROMPT@VERSION, or `extractive`."""

    sentence: str
    tags: tuple[str, ...]
    made_by: str


def taste_of(profile: Profile, shelf: ItemBatch, model: LanguageModel | None) -> Taste | None:
    """The taste of the reader with `profile`, whose items are on `shelf`; None for one who liked and named nothing.

    A sentence with a number or name that the history does not hold is asked for once more, then replaced by the
    category mix, as it is without a model. Raises `ModelFailed`.
    """
    if not (profile.liked or profile.interests):
        return None
    return (_written(profile, shelf, model) if model else None) or _counted(profile)


def _written(profile: Profile, shelf: ItemBatch, model: LanguageModel) -> Taste | None:
    prompt = load(PROMPT)
    told = reader_values(profile, shelf, HISTORY_TOKENS)
    for sentence, tags in _answers(told, model):
        if not unsupported(sentence, "\n".join(told.values())):
            return Taste(sentence, tags, f"{model.name}:{prompt.id}")
    return None


def _answers(told: Mapping[str, str], model: LanguageModel) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The first answer, and a second that was told what is wrong with the first."""
    wrong = ""
    for _ in range(2):
        messages = [Message(role, text) for role, text in load(PROMPT).render(**told, wrong=wrong)]
        answer = json.loads(model.complete(messages, SCHEMA, ANSWER_TOKENS).text)
        sentence = " ".join(str(answer["sentence"]).split())
        yield sentence, values.tags([str(tag).lower() for tag in answer["tags"]], "tags")[:MAX_TAGS]
        wrong = ", ".join(unsupported(sentence, "\n".join(told.values())))


def _counted(profile: Profile) -> Taste:
    main = [name for name, share in profile.categories.items() if share >= RARE][:MAIN_CATEGORIES]
    named = [interest for interest in profile.interests if interest.lower() not in map(str.lower, main)]
    parts = [f"likes mostly {_joined(main)}" if main else "", f"says to like {_joined(named)}" if named else ""]
    newest = next((item.title for item in profile.liked), None)
    sentence = "; ".join(filter(None, parts)) or f"liked “{newest}”"
    sentence = sentence[0].upper() + sentence[1:]
    return Taste(sentence, tuple(tag.lower() for tag in (*main, *named))[:MAX_TAGS], EXTRACTIVE)


def _joined(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
