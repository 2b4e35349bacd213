"""Growth of the HTTP API's memory under a mixed load.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.mixed_load [--minutes 10] [--videos 3000] [--workers 1]

`shortlist serve api` runs over a home of real texts with Chroma. Four clients recommend with and without filters and
wishes, search, read readers and videos and post events. Every ten seconds a video is posted, so that the server reloads
its home, which needs memory for a moment; therefore the minimum of each minute counts. Growth is the slope of a line
through these minima after the first two fifths.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console

from benchmarks.retrieval import real_windows
from benchmarks.serving import memory_mb
from shortlist.core.config import EncoderConfig, ModelsConfig
from shortlist.core.types import Segment, Transcript, Video
from shortlist.models.encoders.loader import load_encoder
from shortlist.store.home import Home
from shortlist.store.outbox import deliver

CLIENTS, READERS, EVERY_S = 4, 300, 1.0
WARM = 0.4  # share of the time for warm-up, after which the response cache holds 2,048 answers


def make_home(path: Path, texts: list[str]) -> None:
    """Write a home with a video for each of `texts`, delivered to Chroma."""
    encoder = load_encoder(EncoderConfig(), ModelsConfig())
    with Home.open(path, encoder.name) as home, home.writing():
        home.catalogue.videos.put([made(f"v{at}", text) for at, text in enumerate(texts)])
        deliver(home, lambda: encoder)


def made(item: str, text: str) -> Video:
    return Video(item, text[:60], duration_s=30.0, transcript=Transcript((Segment(text),), "en"))


class Load:
    """One client that sends random requests until `end`."""

    def __init__(self, url: str, texts: list[str], end: float, seed: int) -> None:
        self._client = httpx.Client(base_url=url, timeout=60, trust_env=False)
        self._texts, self._end, self._draw = texts, end, random.Random(seed)
        self.statuses: Counter[str] = Counter()

    def run(self) -> None:
        while time.monotonic() < self._end:
            kind = self._draw.choices(
                ["known", "new", "search", "reader", "video", "events"], [30, 10, 20, 10, 10, 20]
            )[0]
            self.statuses[f"{kind} {getattr(self, kind)().status_code}"] += 1

    def known(self) -> httpx.Response:
        chosen = self._draw.choice([{}, {"max_duration": 60}, {"include_seen": True}, {"k": 50}])
        return self._client.get(f"/v1/recommend/{self._reader()}", params={"rerank": "none", **chosen})

    def new(self) -> httpx.Response:
        wish = self._draw.choice(self._texts)[:80]
        return self._client.get(f"/v1/recommend/{self._reader()}", params={"about": wish, "rerank": "none"})

    def search(self) -> httpx.Response:
        return self._client.get("/v1/search", params={"text": self._draw.choice(self._texts)[:60]})

    def reader(self) -> httpx.Response:
        return self._client.get(f"/v1/readers/{self._reader()}")

    def video(self) -> httpx.Response:
        return self._client.get(f"/v1/videos/v{self._draw.randrange(len(self._texts))}")

    def events(self) -> httpx.Response:
        item = f"v{self._draw.randrange(len(self._texts))}"
        event = {"user_id": self._reader(), "item_id": item, "kind": "video", "action": "view", "dwell_s": 20}
        return self._client.post("/v1/events", json={"events": [event]})

    def _reader(self) -> str:
        return f"reader-{self._draw.randrange(READERS)}"


def writer(url: str, texts: list[str], end: float) -> None:
    """Post a new video every ten seconds."""
    number = 0
    while time.monotonic() < end:
        video = {"id": f"posted-{number}", "title": f"Posted {number}", "transcript": texts[number % len(texts)]}
        httpx.post(f"{url}/v1/videos", json={"videos": [video]}, timeout=60, trust_env=False).raise_for_status()
        number += 1
        time.sleep(10)


def first_readers(url: str, n_videos: int) -> None:
    events = [
        {
            "user_id": f"reader-{reader}",
            "item_id": f"v{(reader * 37 + at * 11) % n_videos}",
            "kind": "video",
            "action": "like",
        }
        for reader in range(READERS)
        for at in range(12)
    ]
    for start in range(0, len(events), 900):
        httpx.post(f"{url}/v1/events", json={"events": events[start : start + 900]}, timeout=60, trust_env=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--videos", type=int, default=3_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("reports/mixed_load.json"))
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    texts, _ = real_windows(Path(os.environ["SHORTLIST_BENCH_DATA"]), args.out.parent / "bench-vectors", 4_000)
    texts = texts[: args.videos]
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        make_home(home, texts)
        command = [
            str(Path(sys.executable).with_name("shortlist")), "serve", "api", "--port", "0", "--home", str(home),
            "--workers", str(args.workers),
        ]  # fmt: skip
        server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert server.stderr is not None
        url = next(line for line in server.stderr if "answers at" in line).split()[-1]
        try:
            figures = loaded(server.pid, url, texts, args.minutes)
        finally:
            server.terminate()
            server.wait()
    args.out.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    Console().print(figures)


def loaded(pid: int, url: str, texts: list[str], minutes: float) -> dict[str, object]:
    first_readers(url, len(texts))
    start = time.monotonic()
    end = start + 60 * minutes
    clients = [Load(url, texts, end, seed) for seed in range(CLIENTS)]
    threads = [threading.Thread(target=one.run) for one in clients]
    threads.append(threading.Thread(target=writer, args=(url, texts, end)))
    for one in threads:
        one.start()
    measured: list[tuple[float, float]] = []
    while (now := time.monotonic()) < end:
        measured.append(((now - start) / 60, memory_mb(pid)))
        time.sleep(EVERY_S)
    for one in threads:
        one.join()
    floor = [min(mb for at, mb in measured if minute <= at < minute + 1) for minute in range(int(minutes))]
    warm = round(WARM * minutes)
    statuses: Counter[str] = sum((one.statuses for one in clients), Counter())
    return {
        "minutes": minutes,
        "requests": sum(statuses.values()),
        "statuses": dict(sorted(statuses.items())),
        "least MB of each minute": [round(one, 1) for one in floor],
        "most MB": round(max(mb for _, mb in measured), 1),
        "MB a minute, after warm-up": round(float(np.polyfit(range(len(floor) - warm), floor[warm:], 1)[0]), 3),
    }


if __name__ == "__main__":
    main()
