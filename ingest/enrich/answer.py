"""What a model is asked for, and its answer checked and made plain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ingest import values
from ingest.enrich.faithful import numbers_of, unsupported
from ingest.sentences import sentences

MIN_TAGS, MAX_TAGS = 3, 8
MAX_TAG = 40  # characters
MIN_SUMMARY = 40  # characters
MAX_SENTENCES = 2
LONGEST = 60  # words of a sentence


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts of an answer. `wrong` lists what its summary says and the source does not; empty when all is well."""

    summary: str
    category: str
    tags: tuple[str, ...]
    title: str | None
    wrong: tuple[str, ...]


def schema(categories: Sequence[str], with_title: bool) -> dict[str, Any]:
    """The JSON schema of an answer."""
    properties: dict[str, Any] = {
        "summary": {"type": "string", "minLength": MIN_SUMMARY},
        "category": {"enum": list(categories)},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": MIN_TAGS, "maxItems": MAX_TAGS},
    }
    if with_title:
        properties["title"] = {"type": "string"}
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False
    }  # fmt: skip


def read(text: str, source: str) -> Answer:
    """The answer in `text`, JSON under the schema; `source` is everything that the model may rely on."""
    found = json.loads(text)
    summary = " ".join(sentences(str(found["summary"]), longest=LONGEST)[:MAX_SENTENCES])
    numbers = set(numbers_of(source))
    cleaned = values.tags([str(tag).lower() for tag in found["tags"]], "tags")
    tags = tuple(tag for tag in cleaned if len(tag) <= MAX_TAG and numbers.issuperset(numbers_of(tag)))
    title = " ".join(str(found.get("title", "")).split()).rstrip(".") or None
    if title and unsupported(title, source):
        title = None
    wrong = unsupported(summary, source) if summary else ["no summary"]
    return Answer(summary, str(found["category"]), tags[:MAX_TAGS], title, tuple(wrong))
