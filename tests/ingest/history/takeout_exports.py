"""Exports of Google Takeout, as the schemas of the service describe them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

WATCH = "https://www.youtube.com/watch?v="
STYLES = "<style>.mdl-grid{}</style>" + " " * 2000


def watched(number: int, at: str = "2024-03-08T17:14:40.123Z", **fields: Any) -> dict[str, Any]:
    """Return the record of a watch; `fields` replace its own."""
    return {
        "header": "YouTube", "title": f"Watched Title {number}", "titleUrl": f"{WATCH}video{number:06}",
        "subtitles": [{"name": f"Channel {number % 3}", "url": "https://www.youtube.com/channel/UC1"}],
        "time": at, "products": ["YouTube"], "activityControls": ["YouTube watch history"],
    } | fields  # fmt: skip


def cell(title: str, url: str, channel: str, at: str, caption: str = "") -> str:
    """Return the HTML of an entry, as the page of Takeout has it."""
    link = f'<a href="{escape(url)}">{escape(title)}</a>' if url else escape(title)
    by = f'<a href="https://www.youtube.com/channel/UC1">{escape(channel)}</a><br>' if channel else ""
    return (
        '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">'
        '<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">YouTube<br></p></div>'
        '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">'
        f"Watched\xa0{link}<br>{by}{at}<br></div>"
        '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right"></div>'
        '<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption"><b>Products:</b><br>&emsp;YouTube'
        f"<br><b>Why is this here?</b><br>&emsp;It was on.<br>{caption}</div></div></div>"
    )


def page(*cells: str) -> str:
    """Return the page with these entries."""
    return (
        f"<html><head><title>My Activity History</title>{STYLES}</head><body><div>{''.join(cells)}</div></body></html>"
    )


def archive(path: Path, members: Mapping[str, str | bytes | list[Any]]) -> Path:
    """Write a zip; lists are written as JSON."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, json.dumps(content, ensure_ascii=False) if isinstance(content, list) else content)
    return path
