"""What a model is asked for, and its answer checked and made plain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shortlist.ingest.enrich.grounding import in_other_script, mostly_supported, numbers_of, readings, unsupported
from shortlist.ingest.enrich.title_quality import is_uninformative
from shortlist.ingest.records import values
from shortlist.ingest.sentences import sentences

MIN_TAGS, MAX_TAGS = 3, 8
MAX_TAG = 40  # characters
MIN_SUMMARY, MAX_SUMMARY = 40, 400  # characters; without an end a small model goes on until its tokens are spent
MAX_SENTENCES = 2
LONGEST = 60  # words of a sentence
TRANSLATED = "English words"
ENDS = (".", "!", "?", "…", '"', "”", "。", "！", "？")


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts of an answer; no summary where none was asked for.

    `wrong` lists what the summary says and the source does not; empty when all is well.
    """

    summary: str
    category: str
    tags: tuple[str, ...]
    title: str | None
    wrong: tuple[str, ...]


def schema(categories: Sequence[str], with_title: bool, with_summary: bool = True) -> dict[str, Any]:
    """The JSON schema of an answer."""
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


def read(text: str, source: str) -> Answer:
    """The answer in `text`, JSON under the schema; `source` is everything that the model may rely on."""
    found = json.loads(text)
    summary = " ".join(_whole(sentences(str(found.get("summary", "")), longest=LONGEST))[:MAX_SENTENCES])
    numbers = set(readings(source))
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
    """Whether `tag` is no number, no single letter and no sentence."""
    letters = [char for char in tag if char.isalpha()]
    return len(tag) <= MAX_TAG and (len(letters) > 1 or any(not char.isascii() for char in letters))


def _whole(written: list[str]) -> list[str]:
    """The sentences without the last, where it was broken off and is not the only one."""
    return written[:-1] if len(written) > 1 and not written[-1].endswith(ENDS) else written
