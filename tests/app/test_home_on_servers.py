"""The whole command line over a catalogue on PostgreSQL and documents on a Chroma server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.config import StoreConfig
from tests.database_servers import PASSWORD, free_port

SAMPLE = Path(__file__).parents[2] / "sample"


@pytest.fixture
def on_servers(here: Callable[..., Any], hashed: Any, servers: StoreConfig, tmp_path: Path) -> Any:
    """Runs a command over the servers; nobody is told the password."""
    assert servers.catalogue is not None
    places = {
        "SHORTLIST_STORE__CATALOGUE": servers.catalogue.get_secret_value(),
        "SHORTLIST_STORE__CHROMA": str(servers.chroma),
    }

    def run(*words: str, folder: str = "home", **more: str) -> Any:
        done = here(*words, home=tmp_path / folder, **{**places, **more})
        for spelled in (PASSWORD, "p%2540ss"):
            assert spelled not in done.stdout + done.stderr
        return done

    return run


def test_the_main_job(on_servers: Callable[..., Any], tmp_path: Path) -> None:
    on_servers("recommend", "user_123").says(4, "there is no home at postgresql://", "shortlist ingest")
    for what, name in (("videos", "videos.jsonl"), ("readers", "readers.jsonl"), ("events", "events.csv")):
        assert on_servers("ingest", what, str(SAMPLE / name)).returncode == 0
    status = on_servers("status", "--json").document
    assert (status["videos"], status["events"], status["pending"]) == (66, 1092, 0)
    assert "catalogue on postgresql://shortlist@127.0.0.1" in on_servers("status").stdout
    ask = ("recommend", "user_123", "--rerank", "none", "--json")
    hits = on_servers(*ask).document["recommendations"]
    assert len(hits) == 10
    assert on_servers(*ask, folder="another machine").document["recommendations"] == hits
    assert not list(tmp_path.glob("*/catalogue.sqlite3"))
    assert not list(tmp_path.glob("*/chroma"))
    assert on_servers("doctor", "rebuild").returncode == 0
    checks = on_servers("doctor", "--json")
    assert '"state": "broken"' not in checks.stdout


def test_servers_that_are_down(on_servers: Callable[..., Any]) -> None:
    assert on_servers("ingest", "videos", str(SAMPLE / "videos.jsonl")).returncode == 0
    down = f"127.0.0.1:{free_port()}"
    on_servers("status", SHORTLIST_STORE__CATALOGUE=f"postgresql://me:p%2540ss@{down}/db").says(3, down, "start it")
    lost = {"SHORTLIST_STORE__CHROMA": f"http://{down}"}
    assert on_servers("search", "moon", "--json", **lost).document["hits"]  # what is derived still answers
    on_servers("doctor", "rebuild", **lost).says(3, down, "chroma run")
