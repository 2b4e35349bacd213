"""A stand-in for an Ollama server: NOT Ollama, but a local HTTP server that speaks its API.

No Ollama binary is used in the tests. This server answers `/api/version`, `/api/tags` and `/api/chat` with the field
names and limits of Ollama 0.12.11, and gets its words and log-probabilities from the embedded tiny model. A test
may give it `replies` of its own, to play a server that is old, broken or slow.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shortlist.models.llm.language_model import Message
from shortlist.models.llm.llama_cpp import LlamaCppModel

MODEL = "smollm2:135m"
DIGEST = "9077fe9d2ae1a4a41a868836b56b8163731a8fe16621397028c2c76f838c6907"

Reply = tuple[int, bytes]


@dataclass
class StandIn:
    """Address of the server, its requests, and a test's own replies by path. `release` ends one that hangs."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    replies: dict[str, Callable[[], Reply]] = field(default_factory=dict)
    release: threading.Event = field(default_factory=threading.Event)

    def hang(self) -> Reply:
        self.release.wait(120)
        return 200, b"{}"


def as_json(body: Any, status: int = 200) -> Reply:
    return status, json.dumps(body).encode()


@contextmanager
def ollama_stand_in(llm: LlamaCppModel) -> Iterator[StandIn]:
    state = StandIn()
    standard: Mapping[str, Callable[[dict[str, Any]], Reply]] = {
        "/api/version": lambda _: as_json({"version": "0.12.11"}),
        "/api/tags": lambda _: as_json({"models": [{"name": MODEL, "model": MODEL, "digest": DIGEST}]}),
        "/api/chat": lambda request: _chat(llm, request),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            own = state.replies.get(self.path)
            self._send(*(own() if own else standard[self.path]({})))

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.asked.append(request)
            own = state.replies.get(self.path)
            self._send(*(own() if own else standard[self.path](request)))

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hung up is the test's intent
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        state.release.set()
        server.shutdown()
        server.server_close()


def _chat(llm: LlamaCppModel, request: dict[str, Any]) -> Reply:
    if request["model"] != MODEL:
        return as_json({"error": f"model '{request['model']}' not found"}, 404)
    options = request["options"]
    settings: dict[str, Any] = {"max_tokens": options.get("num_predict", 128), "seed": options.get("seed", 0)}
    if request.get("logprobs"):
        settings |= {"logprobs": True, "top_logprobs": min(request.get("top_logprobs", 0), 20)}
    if request.get("format"):
        settings["response_format"] = {"type": "json_schema", "json_schema": {"schema": request["format"]}}
    answer = llm.ask([Message(m["role"], m["content"]) for m in request["messages"]], settings)
    choice, usage = answer["choices"][0], answer["usage"]
    body = {
        "model": MODEL,
        "created_at": "2026-11-24T08:00:00Z",
        "message": {"role": "assistant", "content": choice["message"]["content"]},
        "done": True,
        "done_reason": choice["finish_reason"],
        "prompt_eval_count": usage["prompt_tokens"],
        "eval_count": usage["completion_tokens"],
    }
    if request.get("logprobs"):
        body["logprobs"] = [_token(entry) for entry in choice["logprobs"]["content"]]
    return as_json(body)


def _token(entry: dict[str, Any]) -> dict[str, Any]:
    top = [{"token": t["token"], "logprob": t["logprob"]} for t in entry["top_logprobs"]]
    return {"token": entry["token"], "logprob": entry["logprob"], "top_logprobs": top}
