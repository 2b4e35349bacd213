"""What is said now together with what held before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RANGES = (("min_duration_s", "max_duration_s"), ("published_after", "published_before"))
OPPOSITES = {"category": "not_categories", "channel": "not_channels", "language": "not_languages"}


def merged(before: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments `before` with `limits`: exclusions add up, None lifts, and what is said now ends its opposite."""
    both = {**before, **{name: _joined(before.get(name), value) for name, value in limits.items()}}
    for wanted, unwanted in OPPOSITES.items():
        if both.get(wanted) is not None and wanted in limits:
            both.pop(unwanted, None)
        elif unwanted in limits and both.get(wanted) in (both[unwanted] or ()):
            both.pop(wanted, None)
    for low, high in RANGES:
        if both.get(low) is not None and both.get(high) is not None and _is_empty(low, both[low], both[high]):
            both.pop(low if high in limits else high)
    return both


def _joined(before: object, now: object) -> object:
    if not isinstance(now, list) or not isinstance(before, (list, tuple)):
        return now
    return [*before, *(one for one in now if one not in before)]


def _is_empty(low: str, least: Any, most: Any) -> bool:
    """Whether nothing is between: the end of a time is not part of it, that of a length is."""
    return bool(least > most or (low == "published_after" and least == most))
