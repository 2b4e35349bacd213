"""A server in place of SageMaker or Batch for what moto lacks.

It records requests and gives the answers that a test sets.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class StandIn:
    """`answers` maps operations ("StartPipelineExecution"; of Batch "submitjob") to documents.

    An operation without one gives an error of validation.

    `requests` are the operations that were called, with their documents. boto3 has checked these by its own model.
    """

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.url = ""

    def called(self, operation: str) -> list[dict[str, Any]]:
        """The documents of the requests for `operation`."""
        return [document for name, document in self.requests if name == operation]


@contextmanager
def sagemaker_stand_in() -> Iterator[StandIn]:
    """A running server."""
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            pass

        def do_POST(self) -> None:
            operation = (self.headers["X-Amz-Target"] or self.path.replace("/", ".")).rpartition(".")[2]
            document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stand_in.requests.append((operation, document))
            answer = stand_in.answers.get(operation)
            body = json.dumps(answer or {"__type": "ValidationException", "message": f"Could not {operation}"}).encode()
            self.send_response(200 if answer is not None else 400)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()  # so often it looks for its end
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield stand_in
    server.shutdown()
    server.server_close()
