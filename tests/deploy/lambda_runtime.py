"""The interface of Lambda between the service and a container: it hands out one event and takes the answer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:ingest"
SECONDS = 300


@contextmanager
def lambda_runtime(event: Mapping[str, Any]) -> Iterator[tuple[str, Queue[tuple[str, Any]]]]:
    """(address, answers): what the container posts, as the last part of the path ("response") and the body."""
    waiting: Queue[bytes] = Queue()
    waiting.put(json.dumps(event).encode())
    answers: Queue[tuple[str, Any]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # .../invocation/next, which waits for an event
            body = waiting.get()
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", "request-1")
            self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + SECONDS) * 1000)))
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", ARN)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:  # .../invocation/request-1/response or error, .../init/error
            text = self.rfile.read(int(self.headers["Content-Length"]))
            answers.put((self.path.rpartition("/")[2], json.loads(text)))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", answers
    finally:
        server.shutdown()
        server.server_close()
