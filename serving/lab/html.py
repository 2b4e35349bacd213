"""Render documents as HTML. Text of strangers is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

Document = Mapping[str, Any]


def differences(left: Sequence[Document], right: Sequence[Document], left_name: str, right_name: str) -> list[str]:
    """Return sentences on what two rankings of at most the same length have in common, and what differs most."""
    places = {item["video_id"]: item["rank"] for item in right}
    moves = [(places[item["video_id"]] - item["rank"], item) for item in left if item["video_id"] in places]
    lines = [f"{len(moves)} of the best {max(len(left), len(right))} videos are in both lists."]
    if moves and all(move == 0 for move, _ in moves) and len(moves) == len(left) == len(right):
        return [f"“{left_name}” and “{right_name}” give the same list."]
    far, item = max(moves, key=lambda pair: abs(pair[0]), default=(0, {}))
    if far:
        places_apart = f"{abs(far)} place{'' if abs(far) == 1 else 's'}"
        lines.append(f"“{item['title']}” is {places_apart} higher in “{left_name if far > 0 else right_name}”.")
    for items, others, name in ((left, right, left_name), (right, left, right_name)):
        known = {item["video_id"] for item in others}
        only = [item["title"] for item in items if item["video_id"] not in known]
        if only:
            more = f" and {len(only) - 1} more" if len(only) > 1 else ""
            lines.append(f"Only in “{name}”: “{only[0]}”{more}.")
    return lines


def comparison(items: Sequence[Document], others: Sequence[Document]) -> str:
    """Render a list whose items show the difference of their rank to that in `others`."""
    ranks = {item["video_id"]: item["rank"] for item in others}
    moves = [_rank_change(item["rank"], ranks.get(item["video_id"])) for item in items]
    rows = "".join(
        f"<li>{escape(item['title'])} <span class='moved'>{move}</span></li>"
        for item, move in zip(items, moves, strict=True)
    )
    return f"<ol class='compared'>{rows}</ol>" if items else "<p>Nothing to show.</p>"


def notes(lines: Iterable[str]) -> str:
    """Render notes, one paragraph a line."""
    return "".join(f"<p class='muted'>{escape(line)}</p>" for line in lines)


def table(rows: Mapping[str, object]) -> str:
    """Render names and values as a table."""
    cells = "".join(f"<tr><td>{escape(name)}</td><td>{escape(str(value))}</td></tr>" for name, value in rows.items())
    return f"<table class='history'>{cells}</table>"


def _rank_change(rank: int, other: int | None) -> str:
    if other is None:
        return "only here"
    if other == rank:
        return ""
    return f"▲ {other - rank}" if other > rank else f"▼ {rank - other}"
