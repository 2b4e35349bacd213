"""Fixtures for ops: a home with an inbox, whose encoder has no weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.config import Config, StoreConfig
from shortlist.core.config_sections.operations import PipelineConfig
from shortlist.core.types import Event, Transcript
from shortlist.ingest.media.pipeline import Models
from shortlist.ops.data.inbox import Inbox, LocalInbox
from shortlist.ops.data.ledger import Arrival, Ledger
from shortlist.ops.data.workplace import Workplace
from shortlist.store.home import Home

Open = Callable[..., Any]


class Silent:
    """A transcriber that hears nothing."""

    name = "silent"

    def transcribe(self, path: Path) -> Transcript:
        return Transcript()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the home."""
    return tmp_path / "home"


@pytest.fixture
def config(folder: Path) -> Config:
    return Config(home=folder, pipeline=PipelineConfig(settle_s=0))


@pytest.fixture
def workplace(folder: Path, config: Config, new_hash_encoder: Any) -> Open:
    """workplace(inbox=None, servers=None) opens the workplace of the home; the inbox is that of the home."""
    encoder = new_hash_encoder()

    @contextmanager
    def opened(inbox: Inbox | None = None, servers: StoreConfig | None = None) -> Iterator[Workplace]:
        with Home.open(folder, encoder.name, servers) as home:
            ledger = Ledger(folder)
            models = Models(Silent, lambda: encoder)
            yield Workplace(home, config, inbox or LocalInbox(folder, 0), ledger, models)
            ledger.close()

    return opened


@pytest.fixture
def put(folder: Path) -> Callable[[str, str], Path]:
    """put("events/day.csv", text) puts a file into incoming/."""

    def write(name: str, text: str) -> Path:
        path = folder / "incoming" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.fixture(scope="session")
def sample_events() -> Callable[[int], list[Event]]:
    """sample_events(n) makes n different events."""

    def make(number: int) -> list[Event]:
        at = datetime(2026, 11, 20, tzinfo=UTC)
        return [Event(f"u{one % 50}", f"v{one}", "video", "view", at) for one in range(number)]

    return make


def outcomes(arrivals: list[Arrival]) -> dict[str, str]:
    """The state of each arrival by its name."""
    return {arrival.name: arrival.state for arrival in arrivals}
