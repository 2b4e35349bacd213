"""`encoder.name`: a model of a server, a folder, a repository, a name that does not exist; what a server may break."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.core.config import EncoderConfig, ModelsConfig
from shortlist.core.errors import ModelFailed, ModelMissing, UsageError
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.encoder_version import configured_name, encoder_version
from shortlist.models.encoders.langchain_encoder import WINDOW
from shortlist.models.encoders.loader import load_encoder
from shortlist.models.weights.hub_repository import fetch_repository
from tests.embedding_stand_in import EmbeddingStandIn, embedding_stand_in
from tests.ollama_stand_in import Reply, as_json

OLLAMA, OPENAI = "ollama:all-minilm", "openai:text-embedding-ada-002"


@dataclass
class ByLength:
    """An encoder for servers that need none: the direction tells the length of the text."""

    name = "by-length"
    dim = 2

    def encode(self, texts: Any) -> Any:
        angles = np.array([len(text) / 5000 for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingStandIn]:
    with embedding_stand_in(ByLength()) as state:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{state.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "none is needed here")
        yield state


def load(name: str, url: str = "http://127.0.0.1:9", **more: Any) -> Encoder:
    return load_encoder(EncoderConfig(name=name, **more), ModelsConfig(offline=True), url)


@pytest.mark.parametrize("name", [OLLAMA, OPENAI])
def test_texts_go_out_in_batches_and_long_ones_in_windows(name: str, server: EmbeddingStandIn) -> None:
    encoder = load(name, server.url, batch_size=2, max_chunks=3)
    assert (encoder.name, encoder.dim) == (name, 2)
    vectors = encoder.encode(["short", " ", "x" * (9 * WINDOW)])
    assert [len(text) for texts in server.asked[1:] for text in texts] == [5, 1, WINDOW, WINDOW, WINDOW]
    assert max(map(len, server.asked)) == 2
    np.testing.assert_allclose(vectors[2], ByLength().encode(["x" * WINDOW])[0], atol=1e-6)


BROKEN: dict[str, Callable[[list[str]], Reply]] = {
    "an error": lambda _: as_json({"error": "model not found, try pulling it first"}, 404),
    "too few vectors": lambda texts: as_json({"embeddings": [[1.0, 0.0]] * (len(texts) - 1)}),
    "vectors of several lengths": lambda texts: as_json({"embeddings": [[1.0] * (at + 1) for at in range(len(texts))]}),
    "zeros": lambda texts: as_json({"embeddings": [[0.0, 0.0]] * len(texts)}),
    "longer vectors than before": lambda texts: as_json({"embeddings": [[1.0, 0.0, 0.0]] * len(texts)}),
    "rubbish": lambda _: (200, b"<html>"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_whatever_a_server_answers_wrongly_is_one_error(broken: str, server: EmbeddingStandIn) -> None:
    encoder = load(OLLAMA, server.url)
    server.reply = BROKEN[broken]
    with pytest.raises(ModelFailed, match="ollama:all-minilm gave no usable answer"):
        encoder.encode(["one", "two"])


def test_no_server_is_known_at_once() -> None:
    with pytest.raises(ModelFailed, match="check the server"):
        load(OLLAMA)


def test_no_key_is_known_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for name in (OPENAI, "nonsense:model"):
        with pytest.raises(ModelMissing, match=f"no LangChain encoder {name}"):
            load(name)


@pytest.mark.slow
def test_a_folder_with_a_sentence_transformers_model(encoder: Encoder) -> None:
    from shortlist.models.weights.resolve import resolve

    folder = resolve(encoder.name, ModelsConfig())
    loaded = load(str(folder), threads=1)
    assert loaded.name == str(folder)
    np.testing.assert_allclose(loaded.encode(["bread"]), encoder.encode(["bread"]), atol=1e-3)


def test_only_settings_that_decide_the_vectors_change_the_version(tmp_path: Path) -> None:
    def version(**more: Any) -> str:
        return encoder_version(EncoderConfig(**{"name": str(tmp_path), **more}), ModelsConfig())

    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"first")
    before = version()
    weights.touch()
    assert version(threads=1, batch_size=1) == before
    assert version(max_chunks=1) != before
    weights.write_bytes(b"again")
    assert version() != before
    assert configured_name(version(max_chunks=1)) == str(tmp_path)
    assert version(precision="int8") == version()  # a folder has no choice of precision
    shipped = EncoderConfig().name
    assert version(name=shipped, precision="int8") != version(name=shipped) == shipped
    assert version(name=OLLAMA) == configured_name(OLLAMA) == OLLAMA


def test_missing_models_are_reported_with_a_remedy() -> None:
    with pytest.raises(ModelMissing, match="no encoder nobody/no-such-model"):
        load("nobody/no-such-model")
    with pytest.raises(UsageError, match="unknown model"):
        load("no-such-model")


@contextmanager
def hub_of(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """A model hub, as far as huggingface-hub asks one, with one repository; its address, and what it was asked."""
    commit, asked = "1" * 40, list[str]()
    files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    card = {"id": "someone/mini", "sha": commit, "siblings": [{"rfilename": name} for name in files]}
    tree = [{"type": "file", "path": name, "oid": "0", "size": path.stat().st_size} for name, path in files.items()]
    about = {"revision/main": card, f"tree/{commit}": tree}

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            asked.append(self.path)
            name = self.path.removeprefix(f"/someone/mini/resolve/{commit}/")
            told = about.get(self.path.removeprefix("/api/models/someone/mini/").partition("?")[0])
            body = files[name].read_bytes() if name in files else json.dumps(told).encode()
            self.send_response(200 if told or name in files else 404)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Repo-Commit", commit)
            self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_a_repository_is_downloaded_once_and_only_its_needed_files(tmp_path: Path) -> None:
    source, cache = tmp_path / "repository", tmp_path / "cache"
    (source / "onnx").mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "onnx/model.json", "pytorch_model.bin"):
        (source / name).write_text(name)
    with hub_of(source) as (url, asked):
        folder = fetch_repository("someone/mini", ModelsConfig(cache=cache, hub=url))
        assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors"}
        asked.clear()
        assert fetch_repository("someone/mini", ModelsConfig(cache=cache, hub=url)) == folder
        assert asked == []
    assert fetch_repository("someone/mini", ModelsConfig(cache=cache, offline=True)) == folder
