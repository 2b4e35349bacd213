"""Exposures: what a reader was shown in answer to one request, and what is needed to repeat the answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from shortlist.core.ranking import Request
from shortlist.core.validation import check_id, check_time, require

_REQUESTS = TypeAdapter(Request)


@dataclass(frozen=True, slots=True)
class ShownItem:
    """A video at one place of an answer.

    `source` is the stage that contributed most to its score, and `variant` the variant of an experiment that put it
    there; None if there is none. `propensity` is the probability with which it was drawn for this place; 1 if nothing
    was drawn.
    """

    item_id: str
    rank: int
    score: float | None
    source: str | None = None
    variant: str | None = None
    propensity: float = 1.0

    def __post_init__(self) -> None:
        require(0 < self.propensity <= 1, "bad propensity", "more than 0 and at most 1", self.propensity)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return the item of a JSON document of `core.json_documents`."""
        return cls(
            document["video_id"],
            document["rank"],
            document["score"],
            _main_source(document["stages"]),
            document.get("variant"),
            document.get("propensity", 1.0),
        )


@dataclass(frozen=True, slots=True)
class Exposure:
    """An answer that a reader was shown.

    `revision` is that of the index, `last_event` the number of the event stored last when the profile was read,
    `models` the version of the trained models and `settings` a hash of the configuration. `experiment` is the one in
    progress.
    """

    request_id: str
    at: datetime
    request: Request
    items: tuple[ShownItem, ...]
    revision: int
    last_event: int
    models: str
    settings: str
    experiment: str | None = None

    def __post_init__(self) -> None:
        check_id(self.request_id, "request id")
        check_time(self.at, "time of an exposure")


def new_request_id() -> str:
    """Return a new id that nobody can guess."""
    return uuid.uuid4().hex


def request_document(request: Request) -> dict[str, Any]:
    """Return a request as JSON values, without the arguments that have their default."""
    document: dict[str, Any] = _REQUESTS.dump_python(request, mode="json", exclude_defaults=True)
    if request.only is not None:
        document["only"] = sorted(request.only)  # else equal requests would differ
    return document


def request_of(document: Mapping[str, Any]) -> Request:
    """Return the request of `request_document`. Raises `ValueError` for another document."""
    try:
        return _REQUESTS.validate_python(document)
    except ValidationError as error:
        raise ValueError(str(error)) from error


def shown_items(answer: Mapping[str, Any]) -> tuple[ShownItem, ...]:
    """Return the items of the JSON document of an answer, best first."""
    return tuple(map(ShownItem.of, answer.get("recommendations") or answer.get("ranking") or ()))


def _main_source(stages: Mapping[str, Mapping[str, Any]]) -> str | None:
    contributions = {name: stage["contribution"] for name, stage in stages.items() if stage["contribution"] is not None}
    return max(contributions, key=contributions.__getitem__, default=None)
