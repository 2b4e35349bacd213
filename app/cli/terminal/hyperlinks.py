"""Addresses of videos, and whether a terminal can show a text as a link to one (OSC 8)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from shortlist.core.types import Video
from shortlist.store.home import Home

# Variables that only terminals with hyperlinks set, and values of TERM that only they have.
SETTERS = ("WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "WEZTERM_PANE", "GHOSTTY_RESOURCES_DIR", "DOMTERM")
PROGRAMS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio")
TERMS = ("xterm-kitty", "alacritty", "foot", "xterm-ghostty", "contour")
FIRST_VTE = 5000  # GNOME Terminal and others; https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda


def has_hyperlinks(console: Console, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether `console` is a terminal that is known to show hyperlinks."""
    if not console.is_terminal or console.color_system is None:
        return False
    vte = environ.get("VTE_VERSION", "")
    return (
        any(name in environ for name in SETTERS)
        or environ.get("TERM_PROGRAM") in PROGRAMS
        or environ.get("TERM") in TERMS
        or (vte.isdigit() and int(vte) >= FIRST_VTE)
    )


def address_of(video: Video, home: Home) -> str | None:
    """Return the address of a video's page, else the file that it was ingested from, else None."""
    return video.url or next(iter(home.catalogue.locations.of_video(video.id)), None)


def target(address: str) -> str:
    """Return what a link to `address` opens: the address itself, or the file:// form of a path."""
    path = Path(address)
    return path.as_uri() if path.is_absolute() else address
