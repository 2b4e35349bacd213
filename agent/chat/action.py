"""Actions: the typed meaning of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from shortlist.core.ranking import Filters, Request

ActionName = Literal[
    "recommend", "search", "explain", "describe", "open", "compare", "quote", "count", "contents", "profile",
    "feedback", "objective", "ask", "unknown", "help",
]  # fmt: skip
NAMES: tuple[ActionName, ...] = get_args(ActionName)
LIST_ACTIONS = ("recommend", "search")  # the actions whose reply is a list
LIMITS = (
    "max_duration_s", "min_duration_s", "category", "not_categories", "channel", "not_channels", "not_words",
    "not_videos", "language", "not_languages", "published_after", "published_before", "include_seen",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """A tool and its arguments. Arguments that the message does not give are absent.

    recommend: `user` (may be None), `about`, `like` (a place in the last list, or a video's id), `surprise` (True to
    draw at random from the reader's best). search: `text`. Both: `k`, `after` (number of places of the same list shown
    before), `undone` (True to return to the request before), and `LIMITS` (as in `Filters`, except that dates are ISO
    strings and videos may be places in the last list). explain, describe and open: `number` in the last list (-1 is the
    last), `user`; explain also `in_detail`. profile: `user` (may be None), `watched_after` and `watched_before` (ISO
    dates, for what was watched then). feedback: `user` and either `action` with `numbers`, `channel` or `channel_of` (a
    place), and `more` (True to go on with a list), or `undone`. objective: `user`, and `more` or `less` (names of
    categories and channels), `length_s` (0 for any) or `clear` (True); none of them to show it.
    compare: `numbers` in the last list, `user`. quote: `text`, the words that a video may say. count: `about` and
    `LIMITS`. contents: `kind` (channels, categories or languages). unknown: nothing, the message was not understood.
    ask: `choices`, the ready answers to a question, each the name of a phrase ("say") and its values.
    help: `small_talk` (thanks, greeting, farewell, import or follow). All may have `unmet` (phrases that no filter can
    express) and `others` (readers named besides the first).
    """

    name: ActionName
    arguments: Mapping[str, Any] = field(default_factory=dict)


def arguments_of(request: Request) -> dict[str, Any]:
    """Return the arguments of the action `recommend` that asks for `request`, without its number of results."""
    filters, unset = request.filters, Filters()
    given = {name: getattr(filters, name) for name in LIMITS if getattr(filters, name) != getattr(unset, name)}
    for name, value in given.items():
        if isinstance(value, tuple):
            given[name] = list(value)
        elif isinstance(value, datetime):
            given[name] = value.date().isoformat()
    return {"user": request.user_id, **({"about": request.wish} if request.wish else {}), **given}


def build_filters(arguments: Mapping[str, Any]) -> Filters:
    """Return the limits among `arguments` as filters. Raises `UsageError` for a value that `Filters` rejects."""
    limits = {name: arguments[name] for name in LIMITS if name in arguments}
    for name in ("not_categories", "not_channels", "not_words", "not_languages", "not_videos"):
        limits[name] = tuple(limits.get(name, ()))
    for name in ("published_after", "published_before"):
        if name in limits:
            limits[name] = datetime.fromisoformat(limits[name]).replace(tzinfo=UTC)
    return Filters(**limits)
