"""Whatever a title holds, no command prints what a terminal would obey."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TITLE = "Bread \x1b[2J\x1b]0;owned\x07 \x9b2J \u202egpj.exe"
COMMANDS = {
    "recommend": ("recommend", "ann"),
    "recommend --json": ("recommend", "ann", "--json"),
    "search": ("search", "bread"),
    "search --json": ("search", "bread", "--json"),
    "chat": ("chat", "three about bread for ann"),
    "why": ("chat", "why bread-1 for ann"),
    "events": ("events", "list", "ann"),
    "status": ("status",),
    "doctor": ("doctor",),
    "failures": ("ingest", "events", "EVENTS"),
    "unknown reader": ("recommend", "an\u00adn"),
}


@pytest.fixture(scope="module")
def hostile_home(here: Any, hashing: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    rows = [
        {"id": f"bread-{n}", "title": TITLE, "channel": TITLE, "transcript": f"{TITLE} rises slowly {n}."}
        for n in range(3)
    ]
    (folder / "videos.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (folder / "good.csv").write_text("user_id,item_id,kind,action,at\nann,bread-0,video,like,2026-11-20T10:00:00Z\n")
    (folder / "events.csv").write_text(f"user_id,item_id,kind,action,at\nann,bread-0,{TITLE},{TITLE},{TITLE}\n")
    with hashing():
        assert here("ingest", "videos", str(folder / "videos.jsonl"), home=folder / "home").returncode == 0
        assert here("ingest", "events", str(folder / "good.csv"), home=folder / "home").returncode == 0
    return folder


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS.keys())
def test_no_command_prints_controls(
    here: Callable[..., Any], hashed: Any, hostile_home: Path, words: tuple[str, ...]
) -> None:
    words = tuple(word.replace("EVENTS", str(hostile_home / "events.csv")) for word in words)
    done = here(*words, home=hostile_home / "home")
    printed = done.stdout + done.stderr
    assert printed.strip()
    assert {letter for letter in printed if unicodedata.category(letter) in ("Cc", "Cf")} <= {"\n"}
    if "--json" in words:
        titles = {one["title"] for one in json.loads(done.stdout).get("recommendations", ())}
        assert titles <= {TITLE}
