"""Check the text of a model's answer: not blank, and valid under a JSON schema."""

from __future__ import annotations

import json

from shortlist.core.errors import UnusableAnswer
from shortlist.models.llm.language_model import Schema


def check_output(text: str | None, schema: Schema | None, model: str) -> str:
    """Return `text` unchanged. Raises `UnusableAnswer` if it is blank or, with a `schema`, not JSON under it."""
    if not text or not text.strip():
        raise _unusable(model, "an answer", "an empty one", "try another prompt or model")
    if schema is not None:
        _check_json(text, schema, model)
    return text


def _check_json(text: str, schema: Schema, model: str) -> None:
    from jsonschema import ValidationError, validate  # type: ignore[import-untyped, unused-ignore]

    try:
        validate(json.loads(text), schema)
    except ValueError as error:
        remedy = "allow more tokens, or use a larger model"
        raise _unusable(model, "JSON", f"{_excerpt(text)} ({error})", remedy) from error
    except ValidationError as error:
        remedy = "use a larger model, or one whose server enforces the schema"
        raise _unusable(model, "JSON under the schema", f"{_excerpt(text)} ({error.message})", remedy) from error


def _excerpt(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


def _unusable(model: str, expected: str, found: str, remedy: str) -> UnusableAnswer:
    return UnusableAnswer(f"unusable answer from {model}", expected=expected, found=found, remedy=remedy)
