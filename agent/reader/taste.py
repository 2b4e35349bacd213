"""A reader's taste in one sentence with tags, by a language model or from the category mix."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shortlist.agent.batch import ItemBatch
from shortlist.agent.reader.prompt_variables import reader_variables
from shortlist.core.types import EXTRACTIVE, Profile
from shortlist.ingest.enrich.grounding import unsupported
from shortlist.ingest.records import values
from shortlist.models.llm.language_model import LanguageModel, Message
from shortlist.prompts.loader import load

PROMPT = "taste"
HISTORY_TOKENS = 600
ANSWER_TOKENS = 160
MAX_TAGS = 8
MAIN_CATEGORIES = 3
MIN_SHARE = 0.1  # categories below this share are left out
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
    """A description of what a reader likes. `made_by` is MODEL:PROMPT@VERSION, or `extractive`."""

    sentence: str
    tags: tuple[str, ...]
    made_by: str


def describe_taste(profile: Profile, items: ItemBatch, model: LanguageModel | None) -> Taste | None:
    """Return the taste of the reader with `profile`; None for a reader without likes and interests.

    `items` holds the records of the history. A sentence with a number or name that is not in the history is rejected:
    the model is asked once more, then the category mix describes the taste, as it does without a model. Raises
    `ModelFailed`.
    """
    if not (profile.liked or profile.interests):
        return None
    return (_generate(profile, items, model) if model else None) or _from_categories(profile)


def _generate(profile: Profile, items: ItemBatch, model: LanguageModel) -> Taste | None:
    variables = reader_variables(profile, items, HISTORY_TOKENS)
    for sentence, tags in _answers(variables, model):
        if not unsupported(sentence, "\n".join(variables.values())):
            return Taste(sentence, tags, f"{model.name}:{load(PROMPT).id}")
    return None


def _answers(variables: Mapping[str, str], model: LanguageModel) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the first answer, then a second whose prompt names the unsupported words of the first."""
    wrong = ""
    for _ in range(2):
        messages = [Message(role, text) for role, text in load(PROMPT).render(**variables, wrong=wrong)]
        answer = json.loads(model.complete(messages, SCHEMA, ANSWER_TOKENS).text)
        sentence = " ".join(str(answer["sentence"]).split())
        yield sentence, values.tags([str(tag).lower() for tag in answer["tags"]], "tags")[:MAX_TAGS]
        wrong = ", ".join(unsupported(sentence, "\n".join(variables.values())))


def _from_categories(profile: Profile) -> Taste:
    main = [name for name, share in profile.categories.items() if share >= MIN_SHARE][:MAIN_CATEGORIES]
    stated = [interest for interest in profile.interests if interest.lower() not in map(str.lower, main)]
    parts = [f"likes mostly {_join(main)}" if main else "", f"says to like {_join(stated)}" if stated else ""]
    newest = next((item.title for item in profile.liked), None)
    sentence = "; ".join(filter(None, parts)) or f"liked “{newest}”"
    sentence = sentence[0].upper() + sentence[1:]
    return Taste(sentence, tuple(tag.lower() for tag in (*main, *stated))[:MAX_TAGS], EXTRACTIVE)


def _join(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
