"""The JSON schema of a model's answer, and a parser that checks and cleans the answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shortlist.ingest.enrich.grounding import (
    in_other_script,
    mostly_supported,
    numbers_of,
    possible_numbers,
    unsupported,
)
from shortlist.ingest.enrich.title_quality import is_uninformative
from shortlist.ingest.records import values
from shortlist.ingest.sentences import sentences

MIN_TAGS, MAX_TAGS = 3, 8
MAX_TAG = 40  # characters
MIN_SUMMARY, MAX_SUMMARY = 40, 400  # characters; without a limit a small model writes until its tokens run out
MAX_SENTENCES = 2
MAX_SENTENCE = 60  # words
TRANSLATED = "English words"
ENDS = (".", "!", "?", "…", '"', "”", "。", "！", "？")


@dataclass(frozen=True, slots=True)
class Answer:
    """The fields of an answer. `summary` is "" if none was requested.

    `wrong` lists the numbers and names in the summary that the source does not contain; empty if it is sound.
    """

    summary: str
    category: str
    tags: tuple[str, ...]
    title: str | None
    wrong: tuple[str, ...]


def schema(categories: Sequence[str], with_title: bool, with_summary: bool = True) -> dict[str, Any]:
    """Return the JSON schema of an answer."""
    summary = {"type": "string", "minLength": MIN_SUMMARY, "maxLength": MAX_SUMMARY}
    properties: dict[str, Any] = {
        **({"summary": summary} if with_summary else {}),
        "category": {"enum": list(categories)},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": MIN_TAGS, "maxItems": MAX_TAGS},
    }
    if with_title:
        properties["title"] = {"type": "string"}
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False
    }  # fmt: skip


def parse(text: str, source: str) -> Answer:
    """Parse the JSON `text` and check it against `source`, the text the model was given."""
    found = json.loads(text)
    summary = " ".join(_complete(sentences(str(found.get("summary", "")), longest=MAX_SENTENCE))[:MAX_SENTENCES])
    numbers = set(possible_numbers(source))
    cleaned = values.tags([str(tag).lower() for tag in found["tags"]], "tags")
    tags = tuple(tag for tag in cleaned if _names_a_topic(tag) and numbers.issuperset(numbers_of(tag)))
    title = " ".join(str(found.get("title", "")).split()).rstrip(".") or None
    if title and (is_uninformative(title) or _wrong(title, source) or not mostly_supported(title, source)):
        title = None
    wrong = _wrong(summary, source) if summary or "summary" not in found else ["no summary"]
    return Answer(summary, str(found["category"]), tags[:MAX_TAGS], title, tuple(wrong))


def _wrong(written: str, source: str) -> list[str]:
    return [TRANSLATED] if written and in_other_script(written, source) else unsupported(written, source)


def _names_a_topic(tag: str) -> bool:
    """Return whether `tag` is neither a number, a single letter nor a sentence."""
    letters = [char for char in tag if char.isalpha()]
    return len(tag) <= MAX_TAG and (len(letters) > 1 or any(not char.isascii() for char in letters))


def _complete(written: list[str]) -> list[str]:
    """Drop the last sentence if it is truncated and not the only one."""
    return written[:-1] if len(written) > 1 and not written[-1].endswith(ENDS) else written
