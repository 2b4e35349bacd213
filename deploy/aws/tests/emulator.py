"""ministack, an emulator of AWS that decides by policies, as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
from botocore.config import Config

REGION = "eu-west-1"
ACCOUNT = "000000000000"  # its own
START_S = 60
CERTIFICATE = "ministack-tls/server.crt"  # below the folder of an emulator with TLS


def free_port() -> int:
    """A port of this machine that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def client(service: str, url: str, *, certificate: Path | None = None, **credentials: str) -> Any:
    """A client of the emulator, with the rights of its owner unless `credentials` are given."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        verify=str(certificate) if certificate else None,
        config=Config(retries={"max_attempts": 1}),
        **(credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}),
    )


@contextmanager
def ministack(
    program: str, folder: Path, *, tls: bool = False, variables: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The address of a running emulator that listens on this machine only.

    With `tls` it has the certificate `CERTIFICATE`. Its functions get `variables`, too.
    """
    port = free_port()
    url, certificate = (
        (f"https://127.0.0.1:{port}", folder / CERTIFICATE) if tls else (f"http://127.0.0.1:{port}", None)
    )
    own = {
        "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "AUTH": "true", "MINISTACK_REGION": REGION,
        "TMPDIR": str(folder), "AWS_ENDPOINT_URL": url,
        **({"USE_SSL": "1", "AWS_CA_BUNDLE": str(certificate)} if certificate else {}),
    }  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program], env={**os.environ, **own, **(variables or {})}, cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, url, certificate, folder / "log")
            yield url
        finally:
            process.kill()  # it waits for its own workers if it is asked to end, and holds nothing worth keeping
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, certificate: Path | None, log: Path) -> None:
    end, pause = time.monotonic() + START_S, threading.Event()
    while True:
        try:
            if certificate and not certificate.exists():
                raise FileNotFoundError(certificate)
            client("sts", url, certificate=certificate).get_caller_identity()
        except (OSError, botocore.exceptions.EndpointConnectionError, botocore.exceptions.ConnectionClosedError):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            pause.wait(0.1)
        else:
            return
