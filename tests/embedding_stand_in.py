"""A stand-in for an embedding server: NOT Ollama and NOT OpenAI, but a local HTTP server that speaks both their APIs.

It answers `/api/embed` as Ollama does and `/v1/embeddings` as OpenAI does, with the vectors of the encoder it is given.
A test may give it a `reply` of its own, to play a server that is broken; None is the usual answer.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shortlist.models.encoders.encoder import Encoder
from tests.ollama_stand_in import Reply, as_json


@dataclass
class EmbeddingStandIn:
    """Address of the server, texts of each request, and a test's own answers."""

    url: str = ""
    asked: list[list[str]] = field(default_factory=list)
    reply: Callable[[list[str]], Reply | None] | None = None


@contextmanager
def embedding_stand_in(encoder: Encoder) -> Iterator[EmbeddingStandIn]:
    state = EmbeddingStandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            texts = request["input"]
            state.asked.append(texts)
            standard = {"/api/embed": _ollama, "/v1/embeddings": _openai}[self.path]
            own = state.reply(texts) if state.reply else None
            status, body = own or as_json(standard(encoder, texts, request))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def _ollama(encoder: Encoder, texts: list[str], request: dict[str, Any]) -> Any:
    return {"model": request["model"], "embeddings": (3 * encoder.encode(texts)).tolist()}  # not of unit length


def _openai(encoder: Encoder, texts: list[str], request: dict[str, Any]) -> Any:
    vectors = encoder.encode(texts)
    coded = request.get("encoding_format") == "base64"
    shown = [base64.b64encode(row.tobytes()).decode() if coded else row.tolist() for row in vectors]
    data = [{"object": "embedding", "index": at, "embedding": one} for at, one in enumerate(shown)]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return {"object": "list", "model": request["model"], "data": data, "usage": usage}
