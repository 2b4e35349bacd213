"""A model of the manifest in two small files, and a hub that serves it."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shortlist.core.config import ModelsConfig
from shortlist.models.weights.manifest import FileChunk, Model, WeightFile

WEIGHTS = random.Random(1).randbytes(1 << 20)
CONFIG_JSON = b'{"dim": 384}'


def weight_file(path: str, content: bytes, parts: tuple[FileChunk, ...] = ()) -> WeightFile:
    return WeightFile(path, len(content), hashlib.sha256(content).hexdigest(), parts)


ENCODER = Model(
    "toy",
    "encoder",
    "someone/toy",
    "r1",
    "MIT",
    (weight_file("w.bin", WEIGHTS), weight_file("sub/c.json", CONFIG_JSON)),
)
MANIFEST = {"toy": ENCODER}


@dataclass
class Hub:
    """A hub that serves ENCODER. `break_after` bytes end the next answer early; `spoil` changes what is served."""

    url: str = ""
    status: int = 200
    spoil: bool = False
    break_after: list[int] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@pytest.fixture
def toy_hub() -> Iterator[Hub]:
    state = Hub()
    files = {"w.bin": WEIGHTS, "sub/c.json": CONFIG_JSON}

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def do_GET(self) -> None:
            state.paths.append(self.path)
            content = files[self.path.removeprefix("/someone/toy/resolve/r1/")]
            wanted = self.headers.get("Range", "")
            if wanted:
                state.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-") or 0)
            body = content[start:][::-1] if state.spoil else content[start:]
            self.send_response(206 if wanted else state.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: state.break_after.pop(0)] if state.break_after else body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()


def config(cache: Path, url: str = "http://127.0.0.1:9", **more: object) -> ModelsConfig:
    return ModelsConfig.model_validate({"cache": cache, "hub": url, **more})


def assert_whole(folder: Path) -> None:
    assert (folder / "w.bin").read_bytes() == WEIGHTS
    assert (folder / "sub/c.json").read_bytes() == CONFIG_JSON
    assert not folder.with_name("toy.partial").exists()
