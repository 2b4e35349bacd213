"""Counts how many labelled messages the chat reads right.

Run `python -m tools.chat.measure tests/agent/chat/nlu/unseen.jsonl`. Each part of the file is counted
alone. A topic is right if it has the expected words, whatever its articles.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.languages.to_english import as_written, to_english
from shortlist.agent.chat.nlu.certainty import writes
from shortlist.agent.chat.nlu.context import Encode
from shortlist.agent.chat.nlu.parse import parse
from shortlist.core.config import EncoderConfig, ModelsConfig
from shortlist.models.encoders.loader import load_encoder
from tools.chat.labelled import FILE, TODAY, Labelled, load_utterances

IGNORED = frozenset(
    ("a", "an", "the", "some", "any", "how", "to", "of", "el", "la", "los", "las", "un", "una", "unos", "der", "die",
     "das", "den", "dem", "ein", "eine", "einen", "video", "videos", "clip", "clips", "please", "stuff", "things",
     "thing")
)  # fmt: skip
AFTER_TODAY = (TODAY + timedelta(days=1)).isoformat()  # all later ends of a history are the same

Read = Callable[[Labelled], Action]


def reader_of(encode: Encode | None = None) -> Read:
    """Return a function that reads a labelled message as the chat does, with `encode` as in `parse`."""

    def read(one: Labelled) -> Action:
        action = parse(to_english(one.text)[0], one.state, one.names, TODAY, encode) or Action("unknown")
        return as_written(action, one.text)

    return read


def is_right(read: Action, expected: Action) -> bool:
    """Return whether an action is the expected one, its topic compared by words."""
    return (_name(read), _comparable(read)) == (_name(expected), _comparable(expected))


def _name(action: Action) -> str:
    """Return the name of `action`; a message that is not understood gets help, if not as much."""
    return "help" if action.name == "unknown" else action.name


def count_right(messages: Iterable[Labelled], read: Read) -> dict[str, tuple[int, int, int, int]]:
    """Return (messages read right, with the right action, that store something wrong, all messages) of each part."""
    counts: dict[str, Counter[str]] = {}
    for one in messages:
        action = read(one)
        counts.setdefault(one.part, Counter()).update(
            right=is_right(action, one.action), action=_name(action) == _name(one.action),
            wrong=writes(action) and not is_right(action, one.action), all=1,
        )  # fmt: skip
    return {part: (count["right"], count["action"], count["wrong"], count["all"]) for part, count in counts.items()}


def _comparable(action: Action) -> dict[str, Any]:
    return {name: _comparable_value(name, value) for name, value in action.arguments.items()}


def _comparable_value(name: str, value: object) -> object:
    if name in ("about", "text"):
        return frozenset(re.findall(r"\w+", str(value).lower())) - IGNORED
    if name == "watched_before":
        return min(str(value), AFTER_TODAY)
    if isinstance(value, (list, tuple)):
        return frozenset(str(one).lower() for one in value)
    return value


def main() -> None:
    """Print the share of each part that is read right, with the vectors of the default encoder."""
    encoder = load_encoder(EncoderConfig(), ModelsConfig())
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    for part, (right, named, wrong, n) in count_right(
        load_utterances(path), reader_of(lambda t: encoder.encode([t])[0])
    ).items():
        shares = f"{right} of {n} right ({right / n:.1%}), the action of {named} ({named / n:.1%})"
        sys.stdout.write(f"{part}: {shares}, {wrong} wrong writes\n")


if __name__ == "__main__":
    main()
