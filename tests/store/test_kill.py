"""A writer killed anywhere leaves no half record, and the next delivery repairs Chroma."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.core.types import Video
from shortlist.store.documents.document import summary_text, transcript_text
from shortlist.store.home import Home
from shortlist.store.outbox import deliver, pending

pytestmark = pytest.mark.servers

# Puts versions of the same 120 videos, each saying its version everywhere, and delivers after every batch.
WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from conftest import HashEncoder
from shortlist.core.types import Enrichment, Attributed, Segment, Transcript, Video
from shortlist.store.home import Home
from shortlist.store.outbox import deliver

def version(name, number):
    said = Transcript(tuple(Segment(f"{name} in version {number}, part {part}", part, part + 1) for part in range(5)))
    summary = Attributed(f"version {number}", "given") if number % 2 else None
    made = Enrichment(summary, tags=(f"version {number}",), tags_made_by="given")
    return Video(name, "Title", transcript=said, enrichment=made, metadata={"version": number})

with Home.open(Path(sys.argv[1]), "hash-32") as home, home.writing():
    number = home.catalogue.revision()
    print("ready", flush=True)
    while True:
        number += 1
        batch = [version(f"v{(number * 40 + at) % 120}", number) for at in range(40)]
        home.catalogue.videos.put(batch)
        print("put", flush=True)
        deliver(home, HashEncoder)
        print("delivered", flush=True)
        if number % 7 == 0:
            home.catalogue.videos.remove([batch[0].id])
"""


def kill_somewhere(child: subprocess.Popen[str], chance: random.Random) -> None:
    """Kill the writer after a random number of its steps and a random moment into the next."""
    assert child.stdout is not None
    for _ in range(chance.randrange(1, 12)):
        assert child.stdout.readline() != ""
    try:
        child.wait(timeout=chance.uniform(0, 0.1))
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def check_whole(video: Video) -> None:
    number = video.metadata["version"]
    assert [segment.text for segment in video.transcript.segments] == [
        f"{video.id} in version {number}, part {part}" for part in range(5)
    ]
    assert video.enrichment.tags == (f"version {number}",)
    assert video.summary == (f"version {number}" if number % 2 else None)


def check_agreement(home: Home, encoder: Any) -> None:
    assert pending(home) == 0
    videos = [video for _, video in home.catalogue.videos.iterate()]
    texts = {f"transcript:{video.id}": transcript_text(video) for video in videos}
    texts |= {f"summary:{video.id}": text for video in videos if (text := summary_text(video)) is not None}
    assert home.documents.ids() == sorted(texts)
    for facet in ("transcript", "summary"):
        for one, vector in home.documents.vectors(facet, [video.id for video in videos]).items():
            np.testing.assert_allclose(vector, encoder.encode([texts[f"{facet}:{one}"]])[0], atol=1e-6)


def run(seed: int, kills: int, path: Path, start: Callable[..., subprocess.Popen[str]], encoder: Any) -> None:
    chance = random.Random(seed)
    for _ in range(kills):  # a later writer begins with what the one before left
        kill_somewhere(start(WRITER, path), chance)
    with Home.open(path) as home:
        assert home.catalogue.integrity.problems() == []
        for _, video in home.catalogue.videos.iterate():
            check_whole(video)
        deliver(home, lambda: encoder)
        check_agreement(home, encoder)


@pytest.mark.parametrize("seed", range(5))
def test_killed_anywhere(
    seed: int, tmp_path: Path, second_process: Callable[..., subprocess.Popen[str]], hash_encoder: Any
) -> None:
    run(seed, 2 if seed == 0 else 1, tmp_path / "home", second_process, hash_encoder)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5, 55))
def test_killed_anywhere_many_times(
    seed: int, tmp_path: Path, second_process: Callable[..., subprocess.Popen[str]], hash_encoder: Any
) -> None:
    run(seed, 3, tmp_path / "home", second_process, hash_encoder)
