"""Real servers for tests: a PostgreSQL cluster and a Chroma server, each in a folder of its own that is thrown away."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql

USER, PASSWORD = "shortlist", "p%40ss word/é"
START_S = 240


@dataclass(slots=True)
class Postgres:
    """A cluster that listens at `port` of 127.0.0.1 and lets `USER` in with `PASSWORD` only."""

    folder: Path
    port: int
    binaries: Path
    account: str | None  # of the system; a cluster does not start as root
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres", password: str = PASSWORD) -> str:
        """The address of `database`."""
        from urllib.parse import quote

        return f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The address of a new, empty database."""
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} STRATEGY file_copy").format(sql.Identifier(name)))
        return self.url(name)

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off"}
        settings = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
        command = [str(self.binaries / "postgres"), "-D", str(self.folder / "data"), *settings]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, user=self.account, stdout=log, stderr=log, cwd=self.folder)
        _wait_for(self.process, self._answers, self.folder / "log")

    def stop(self) -> None:
        """Break off every connection and end."""
        if self.process is not None:
            self.process.send_signal(2)  # SIGINT: fast shutdown
            self.process.wait(START_S)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A running cluster. The test is skipped, with the reason, where PostgreSQL is not installed."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    account = None if os.geteuid() else "postgres" if _is_account("postgres") else "nobody"
    with _folder(account) as folder:
        (folder / "password").write_text(PASSWORD)
        command = [
            str(binaries / "initdb"), "-D", str(folder / "data"), "-U", USER, "-A", "scram-sha-256", "-E", "UTF8",
            "--locale=C", "--pwfile", str(folder / "password"), "--no-sync",
        ]  # fmt: skip
        subprocess.run(command, user=account, check=True, capture_output=True, cwd=folder)
        server = Postgres(folder, free_port(), binaries, account)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def chroma() -> Iterator[str]:
    """The address of a running Chroma server."""
    with _folder(None) as folder, ExitStack() as stack:
        port = free_port()
        program = Path(sys.executable).with_name("chroma")
        command = [str(program), "run", "--path", str(folder / "data"), "--port", str(port), "--host", "127.0.0.1"]
        log = stack.enter_context((folder / "log").open("ab"))
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        url = f"http://127.0.0.1:{port}"
        _wait_for(process, lambda: _is_ok(f"{url}/api/v2/heartbeat"), folder / "log")
        yield url


def free_port() -> int:
    """A port of 127.0.0.1 where nobody listens."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


@contextmanager
def _folder(account: str | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="shortlist-server-"))  # pytest's own folders are closed to other accounts
    try:
        if account is not None:
            shutil.chown(folder, account)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def _is_account(name: str) -> bool:
    import pwd

    return any(entry.pw_name == name for entry in pwd.getpwall())


def _is_ok(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _wait_for(process: subprocess.Popen[bytes], answers: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(log.read_text(errors="replace"))
        time.sleep(0.05)  # nothing tells when a server is ready but asking it
