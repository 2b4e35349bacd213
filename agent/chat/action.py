"""What a message asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from shortlist.core.ranking import Filters

ActionName = Literal["recommend", "search", "explain", "describe", "profile", "help"]
NAMES: tuple[ActionName, ...] = get_args(ActionName)
LISTS = ("recommend", "search")  # the actions that answer with a list
LIMITS = (
    "max_duration_s", "min_duration_s", "category", "not_categories", "channel", "not_channels", "not_words",
    "not_videos", "language", "not_languages", "published_after", "published_before", "include_seen",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """A tool and its arguments. An argument that was not said is absent.

    recommend: `user` (may be None), `about`, `like` (a place in the last list, or a video's id). search: `text`. Both:
    `k`, `after` (how many of the same list were shown before), `undone` (it goes back to what was asked for before) and
    `LIMITS` (as in `Filters`; but days as ISO dates, and videos also as places in the last list). explain and describe:
    `number` in the last list (-1 is the last), `user`. profile: `user`. help: none. Any may have `unmet` (what no
    filter can do, as it was said) and `others` (readers named besides the first).
    """

    name: ActionName
    arguments: Mapping[str, Any] = field(default_factory=dict)


def filters_of(arguments: Mapping[str, Any]) -> Filters:
    """The limits among `arguments`. Raises `UsageError` for one that no filter can hold."""
    given = {name: arguments[name] for name in LIMITS if name in arguments}
    for name in ("not_categories", "not_channels", "not_words", "not_languages", "not_videos"):
        given[name] = tuple(given.get(name, ()))
    for name in ("published_after", "published_before"):
        if name in given:
            given[name] = datetime.fromisoformat(given[name]).replace(tzinfo=UTC)
    return Filters(**given)
