"""Fixtures of the store's tests: a new home, records, and a second process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shortlist.core.types import Attributed, Enrichment, Segment, Transcript, Video
from shortlist.store.home import Home

ROOT = Path(__file__).parents[2]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test of a home holds for both kinds, unless it is marked as one that looks into the files of the home."""
    if "home" in metafunc.fixturenames:
        kinds = ["files"]
        if not metafunc.definition.get_closest_marker("in_files"):
            kinds.append(pytest.param("servers", marks=pytest.mark.servers))
        metafunc.parametrize("home", kinds, indirect=True)


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """A new home whose encoder is the hash encoder, all in one folder or on PostgreSQL and a Chroma server."""
    servers = request.getfixturevalue("servers") if request.param == "servers" else None
    with Home.open(tmp_path / "home", "hash-32", servers) as opened:
        yield opened


@pytest.fixture(scope="session")
def make_video() -> Callable[..., Video]:
    """Makes the video `id` that says `said`, with a summary if one is given."""

    def make(video_id: str, said: str = "Hello there.", summary: str | None = None, **fields: object) -> Video:
        transcript = Transcript((Segment(said, 0.0, 2.0), Segment("Good bye.", 2.0, 3.0)), "en")
        enrichment = Enrichment(summary=Attributed(summary, "given") if summary is not None else None)
        return Video(video_id, f"About {video_id}", transcript=transcript, enrichment=enrichment, **fields)  # type: ignore[arg-type]

    return make


@pytest.fixture
def second_process() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts Python code in another process, with `sys.argv[1:]` as given; whatever still runs is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()
