"""A reader's objective from the names that people type, and back into words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from shortlist.core.display import length
from shortlist.core.errors import UsageError
from shortlist.core.types import Objective, Profile

NEAREST = 3
MUCH = 0.75  # from this amount on it is "much" more or less; the commands and the chat set 1


def read_objective(
    *,
    more: Iterable[str] = (),
    less: Iterable[str] = (),
    neither: Iterable[str] = (),
    length_s: float | None = None,
    categories: Sequence[str],
    channels: Sequence[str],
) -> Objective:
    """Return the objective that wants more, less or neither of the named `categories` and `channels`, in any case.

    A name of both is the category. Raises `UsageError` for a name of none, with the nearest ones.
    """
    amounts: tuple[dict[str, float], dict[str, float]] = {}, {}
    for names, amount in ((more, 1.0), (less, -1.0), (neither, 0.0)):
        for name in names:
            is_channel, stored = _find(name, categories, channels)
            amounts[is_channel][stored] = amount
    return Objective(tuple(sorted(amounts[0].items())), tuple(sorted(amounts[1].items())), length_s)


def describe_objective(
    objective: Objective, never: Iterable[str] = (), words: Callable[[str], str] = str
) -> Iterator[str]:
    """Yield each entry in words: "more Food", "less from Ledger Lane", "up to 1:00"; `never` are disliked channels.

    `words` translates what is no name.
    """
    for pairs, of in ((objective.categories, ""), (objective.channels, f"{words('from')} ")):
        for name, amount in pairs:
            direction = "more" if amount > 0 else "less"
            yield f"{words(direction if abs(amount) >= MUCH else f'a little {direction}')} {of}{name}"
    if objective.length_s:
        yield f"{words('up to')} {length(objective.length_s)}"
    yield from (f"{words('never from')} {name}" for name in sorted(never))


def objective_document(profile: Profile) -> dict[str, Any]:
    """Return the objective of `profile`, with the channels that its reader disliked, as a JSON document."""
    objective = profile.objective
    return {
        "user_id": profile.user_id,
        "categories": dict(objective.categories),
        "channels": dict(objective.channels),
        "length_s": objective.length_s,
        "never_channels": sorted(profile.disliked_channels),
        "words": list(describe_objective(objective, profile.disliked_channels)),
    }


def _find(name: str, categories: Sequence[str], channels: Sequence[str]) -> tuple[bool, str]:
    for is_channel, names in ((False, categories), (True, channels)):
        found = next((one for one in names if one.casefold() == name.strip().casefold()), None)
        if found is not None:
            return is_channel, found
    from rapidfuzz import fuzz, process

    known = sorted({*categories, *channels})
    nearest = process.extract(name, known, scorer=fuzz.WRatio, processor=str.casefold, limit=NEAREST)
    remedy = f"the nearest are {', '.join(one for one, _, _ in nearest)}" if nearest else "ingest videos first"
    raise UsageError("unknown name", expected="a category or channel of the videos", found=repr(name), remedy=remedy)
