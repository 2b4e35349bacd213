"""Bytes and seconds of publishing a snapshot, and of the next ones after small changes.

    python -m benchmarks.ops.snapshots [--videos 20000] [--readers 2000] [--home DIR]

Texts and vectors are random. The home is changed, so every run needs a new folder.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.answer_cost import WINDOWS, random_texts
from benchmarks.retrieval import unit, videos
from benchmarks.scale.export_home import history, make_home
from shortlist.core.config import Config
from shortlist.engine.build import encoder_of, open_home
from shortlist.ops.publish.follow import Follower
from shortlist.ops.publish.place import FolderPlace
from shortlist.ops.publish.publish import publish
from shortlist.store.home_files import CATALOGUE

EVENTS = 20


def main() -> None:
    """Make a home, publish it three times, follow it, and print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--videos", type=int, default=20_000)
    options.add_argument("--readers", type=int, default=2_000)
    options.add_argument("--home", type=Path, default=Path("build/snapshots"))
    chosen = options.parse_args()
    shutil.rmtree(chosen.home, ignore_errors=True)
    texts, vectors = random_texts(), unit(np.random.default_rng(0).normal(size=(WINDOWS, 384)))
    make_home(chosen.home / "home", texts, vectors, chosen.videos, chosen.readers, EVENTS)
    config = Config(home=chosen.home / "home")
    place = FolderPlace(chosen.home / "place")
    follower = Follower(place, chosen.home / "follower", with_catalogue=True)
    table = Table("snapshot", "MB", "of it the catalogue", "MB sent", "blocks sent", "core-s to publish", "to follow")
    for change in ("first", "100 videos more", "50 readers' events more"):
        with open_home(config) as home:
            if change.startswith("100"):
                with home.writing():
                    for made, _ in videos(texts, vectors, 100, first=chosen.videos):
                        home.catalogue.videos.put(made)
            elif change.startswith("50"):
                for reader in range(chosen.readers, chosen.readers + 50):
                    home.catalogue.events.add(history(reader, chosen.videos, EVENTS))
            began = time.process_time()
            made = publish(home, place, encoder_of(config), 3)
            published = time.process_time()
        follower.pull()
        sizes = (made.manifest.size, made.manifest.files[CATALOGUE].size, made.sent_bytes)
        spent = (published - began, time.process_time() - published)
        row = [*(f"{size / 1e6:.1f}" for size in sizes), f"{made.sent_blocks}", *(f"{one:.1f}" for one in spent)]
        table.add_row(change, *row)
    Console().print(table)


if __name__ == "__main__":
    main()
