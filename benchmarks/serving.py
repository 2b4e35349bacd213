"""Requests a second of the HTTP API over many videos, without a language model, against a bare FastAPI route.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.serving [--videos 100000] [--workers 1] [--seconds 10]

The same processes serve both routes, and another process sends requests over loopback to one route after the other.
`kept` requests readers whose answers are cached, `made` readers that were not requested before.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import multiprocessing
import os
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table
from starlette.types import ASGIApp

from benchmarks.retrieval import real_windows
from benchmarks.scale.export_home import make_home
from shortlist.app.server_context import build_context_with_models
from shortlist.core.config import Config
from shortlist.core.config_sections.serving import ServeConfig
from shortlist.engine.build import encoder_of, language_model_of, open_home
from shortlist.serving.limits.interprocess import COUNTERS, SharedLimits

EVENTS = 20
READERS = 4000
KNOWN = 200  # readers whose answers are cached
AT_ONCE = 8  # connections

Address = Callable[[], str]


def both(home: Path, folder: Path) -> ASGIApp:
    """Return an application with Shortlist's API and a route that does nothing."""
    from shortlist.serving.api.app import create_app

    config = Config.model_validate({"home": home, "retrieval": {"threads": 1}})
    bare = FastAPI()

    @bare.get("/bare")
    def nothing() -> dict[str, str]:
        return {"status": "ok"}

    store = open_home(config)
    api = create_app(
        build_context_with_models(
            store, config, encoder_of(config), language_model_of(store, config), SharedLimits(folder)
        )
    )

    async def either(scope: Any, receive: Any, send: Any) -> None:
        await (bare if scope.get("path") == "/bare" else api)(scope, receive, send)

    return either


def serve(home: Path, listener: socket.socket, workers: int, folder: Path) -> None:
    """Serve in `workers` processes until a signal."""
    sys.stdin = None  # type: ignore[assignment]  # a forked process has one that its own children lack
    (folder / COUNTERS).mkdir()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder / COUNTERS)
    from shortlist.serving.http.workers import run_workers

    run_workers(partial(both, home, folder), listener, ServeConfig(workers=workers), SharedLimits(folder))


async def send_requests(port: int, address: Address, seconds: float, at_least: int = 1) -> dict[str, float]:
    """Send requests for `seconds`, and `at_least` that many; return requests a second and milliseconds of each."""
    took: list[float] = []
    start = time.perf_counter()
    end = start + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end or len(took) < at_least:
            began = time.perf_counter()
            writer.write(f"GET {address()} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(head.decode())
            length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
            took.append(1000 * (time.perf_counter() - began))
        writer.close()

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    spent = time.perf_counter() - start
    p50, p99 = np.percentile(took, [50, 99]).tolist()
    return {"requests per second": len(took) / spent, "p50 ms": p50, "p99 ms": p99}


def addresses() -> dict[str, Address]:
    """Return functions that return the address of the next request, by kind."""
    known, fresh = itertools.cycle(range(KNOWN)), iter(range(KNOWN, READERS))
    return {
        "bare": lambda: "/bare",
        "kept": lambda: f"/v1/recommend/reader-{next(known):07d}",
        "made": lambda: f"/v1/recommend/reader-{next(fresh):07d}",
    }


def measured(port: int, pid: int, seconds: float) -> Iterator[tuple[str, dict[str, float]]]:
    """Measure each kind of request in turn. A busy machine changes CPU milliseconds of the server least."""
    for name, address in addresses().items():
        # Each process has a response cache of its own.
        asyncio.run(send_requests(port, address, 0.0, 4 * KNOWN if name == "kept" else 20))
        before = cpu_ms(pid)
        found = asyncio.run(send_requests(port, address, seconds))
        cost = (cpu_ms(pid) - before) / (found["requests per second"] * seconds)
        yield name, {**found, "server ms of a core": cost, "server MB": memory_mb(pid)}


def family(pid: int) -> list[int]:
    """Return the ids of the server process and its workers."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cpu_ms(server: int) -> float:
    total = 0
    for pid in family(server):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return 1000 * total / os.sysconf("SC_CLK_TCK")


def memory_mb(server: int) -> float:
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in family(server))
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=1, help="processes that serve")
    parser.add_argument("--windows", type=int, default=2_000, help="real windows to encode and mix")
    parser.add_argument("--home", type=Path, help="keep the home here between runs")
    parser.add_argument("--out", type=Path, default=Path("reports/serving.json"))
    args = parser.parse_args()
    data, cache = Path(os.environ["SHORTLIST_BENCH_DATA"]), args.out.parent / "bench-vectors"
    chosen, windows = real_windows(data, cache, args.windows)
    with tempfile.TemporaryDirectory() as scratch:
        home = args.home or Path(scratch) / "home"
        make_home(home, chosen, windows, args.videos, READERS, EVENTS)
        figures = dict(served(home, args.seconds, args.workers))
    args.out.write_text(
        json.dumps({"videos": args.videos, "workers": args.workers, **figures}, indent=2), encoding="utf-8"
    )
    show(figures, args.videos)


def served(home: Path, seconds: float, workers: int) -> Iterator[tuple[str, dict[str, float]]]:
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryDirectory() as folder:
        given = (home, listener, workers, Path(folder))
        process = multiprocessing.get_context("fork").Process(target=serve, args=given)
        process.start()
        try:
            yield from measured(listener.getsockname()[1], process.pid or 0, seconds)
        finally:
            process.terminate()
            process.join()


def show(figures: dict[str, dict[str, float]], videos: int) -> None:
    columns = list(figures["bare"])
    table = Table("route", *columns, "of the bare route", title=f"{videos:,} videos, {AT_ONCE} connections")
    for name, one in figures.items():
        share = one["requests per second"] / figures["bare"]["requests per second"]
        table.add_row(name, *(f"{one[column]:,.2f}" for column in columns), f"{share:.0%}")
    Console().print(table)


if __name__ == "__main__":
    main()
