"""ministack, an emulator of AWS that decides by policies, as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
from botocore.config import Config

REGION = "eu-west-1"
ACCOUNT = "000000000000"  # its own
START_S = 60


def free_port() -> int:
    """A port of this machine that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def client(service: str, url: str, **credentials: str) -> Any:
    """A client of the emulator, with the rights of its owner unless `credentials` are given."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        config=Config(retries={"max_attempts": 1}),
        **(credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}),
    )


@contextmanager
def ministack(program: str, folder: Path) -> Iterator[str]:
    """The address of a running emulator that listens on this machine only."""
    port = free_port()
    variables = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "AUTH": "true", "MINISTACK_REGION": REGION}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program], env={**os.environ, **variables}, cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, url, folder / "log")
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end, pause = time.monotonic() + START_S, threading.Event()
    while True:
        try:
            client("sts", url).get_caller_identity()
        except (botocore.exceptions.EndpointConnectionError, botocore.exceptions.ConnectionClosedError):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            pause.wait(0.1)
        else:
            return
