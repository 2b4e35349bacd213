"""Render documents as HTML. Text of strangers is escaped, and only http and https URLs become links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from shortlist.core.display import category_label, clock, length

Document = Mapping[str, Any]

HISTORY_ROWS = 12
MAX_BAR_RANK = 50  # from this rank on, the bar of a stage has the minimum width
FUSION = "fusion"


def card(item: Document) -> str:
    """Render a recommendation: title, facts, summary, reason, quote and stages."""
    facts = [item["channel"], _length(item["duration_s"]), _category(item)]
    lines = [
        f"<h3>{item['rank']}. {escape(item['title'])}</h3>",
        f"<div class='facts'>{escape(' · '.join(fact for fact in facts if fact))}{_link(item['url'])}</div>",
        f"<p>{escape(item['summary'])}</p>" if item["summary"] else "",
        f"<p><b>Why:</b> {escape(item['reason'])}</p>",
        _quote(item["evidence"]),
        stage_bars(item["stages"]),
    ]
    return f"<article class='card'>{''.join(lines)}</article>"


def stage_bars(stages: Mapping[str, Document]) -> str:
    """Render a bar for each stage; a longer bar is a higher rank."""
    rows = []
    for name, stage in stages.items():
        width = max(3, round(100 * (1 - (stage["rank"] - 1) / MAX_BAR_RANK)))
        kind = "bar rerank" if name == "rerank" else "bar"
        rows.append(
            f"<span>{escape(name)}</span><span><span class='{kind}' style='width:{width}%'></span></span>"
            f"<span>rank {stage['rank']}</span>"
        )
    return f"<div class='bars' role='img' aria-label='{_aria_label(stages)}'>{''.join(rows)}</div>"


def reader_page(reader: Document) -> str:
    """Render a reader: interests, taste as a chart, and recent history."""
    chart = "".join(
        f"<span>{escape(category_label(name, name in reader['guessed_categories']) or '')}</span>"
        f"<span><span class='bar' style='width:{max(3, round(100 * share))}%'></span></span><span>{share:.0%}</span>"
        for name, share in list(reader["categories"].items())[:8]
    )
    rows = "".join(
        f"<tr><td>{escape(item['action'])}</td><td>{escape(item['title'] or item['item_id'])}</td>"
        f"<td>{escape(_category(item) or '')}{_dwell(item['dwell_s'])}</td></tr>"
        for item in reader["history"][:HISTORY_ROWS]
    )
    stated = ", ".join(reader["interests"])
    taste = f"<p>{escape(reader['taste'])}</p>" if reader["taste"] else ""
    interests = f"<p>Says they like: {escape(stated)}</p>" if stated else ""
    likes = f"<div class='bars' role='group' aria-label='taste'>{chart}</div>" if chart else "<p>Nothing liked yet.</p>"
    history = f"<table class='history'>{rows}</table>" if rows else "<p>Nothing read or watched yet.</p>"
    return f"<h3>What {escape(reader['user_id'])} likes</h3>{taste}{interests}{likes}<h3>Lately</h3>{history}"


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


def _aria_label(stages: Mapping[str, Document]) -> str:
    return escape(", ".join(f"{name} rank {stage['rank']}" for name, stage in stages.items()), quote=True)


def _quote(segment: Document | None) -> str:
    if segment is None:
        return ""
    start = "" if segment["start_s"] is None else f"{clock(segment['start_s'])} "
    return f"<blockquote>{start}“{escape(segment['text'])}”</blockquote>"


def _link(url: str | None) -> str:
    if not url or not url.startswith(("http://", "https://")):
        return ""
    return f" · <a href='{escape(url, quote=True)}' target='_blank' rel='noopener noreferrer'>open</a>"


def _length(seconds: float | None) -> str | None:
    return None if seconds is None else length(seconds)


def _dwell(seconds: float | None) -> str:
    return "" if seconds is None else f", {seconds:.0f} s"


def _category(item: Document) -> str | None:
    return category_label(item["category"], item["category_is_guess"])
