"""No command and no server connects to anything but this machine, or looks a name up, or leaves reports behind.

Every system call of a whole process tree is watched with strace, since native libraries connect on their own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from platformdirs import user_cache_path

ROOT = Path(__file__).parents[2]
SHORTLIST = [sys.executable, "-c", "from shortlist.app.cli.main import run; run()"]
STRACE = ["strace", "-f", "-qq", "--seccomp-bpf", "-s", "0", "-e", "trace=connect,sendto,sendmsg,sendmmsg"]
PEER = re.compile(r"sa_family=AF_INET6?,.*?htons\((\d+)\).*?\"([0-9a-f.:]+)\"")
NAME_SERVICE = {53, 5353}
OURS = ".cache/shortlist"
ADDRESS = re.compile(r"answers at (http://\S+)")
HELLO = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}  # fmt: skip

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
    pytest.mark.timeout(600),
]


@dataclass(frozen=True)
class Machine:
    """A user who never ran anything: an empty home folder, and the weights somewhere else."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "user"),
            "SHORTLIST_HOME": str(self.folder / "home"),
            "SHORTLIST_MODELS__CACHE": str(user_cache_path("shortlist")),
            "SHORTLIST_LLM__PROVIDER": "embedded",
            "SHORTLIST_LLM__MODEL": "smollm2-135m",
            "SHORTLIST_LLM__THREADS": "1",
            "LANGCHAIN_TRACING_V2": "true",  # left over from another project
            "LANGSMITH_API_KEY": "no-key",
        }

    @property
    def trace(self) -> Path:
        return self.folder / "trace"

    def command(self, *words: str) -> list[str]:
        return [*STRACE, "-o", str(self.trace), *SHORTLIST, *words]

    def run(self, *words: str) -> None:
        done = subprocess.run(
            self.command(*words), cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=500
        )
        assert done.returncode == 0, done.stderr

    @contextmanager
    def server(self, *words: str) -> Iterator[str]:
        """The address of `shortlist serve WORDS`, which is stopped in the end."""
        process = subprocess.Popen(
            self.command("serve", *words, "--port", "0"), cwd=ROOT, env=self.environment, stderr=subprocess.PIPE,
            text=True, start_new_session=True,
        )  # fmt: skip
        assert process.stderr is not None
        try:
            said = []
            for line in process.stderr:
                said.append(line)
                if found := ADDRESS.search(line):
                    yield found[1]
                    break
            else:
                raise AssertionError("".join(said))
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.communicate(timeout=300)

    def strangers(self) -> set[tuple[str, int]]:
        """The addresses outside of this machine that were connected or written to; every name server."""
        peers = {(host, int(port)) for port, host in PEER.findall(self.trace.read_text(errors="replace"))}
        return {(host, port) for host, port in peers if port in NAME_SERVICE or not ip_address(host).is_loopback}

    def left(self) -> list[str]:
        """The files under the user's home folder that are not in our own cache."""
        user = self.folder / "user"
        files = (path.relative_to(user) for path in user.rglob("*") if path.is_file())
        return sorted(str(path) for path in files if not path.is_relative_to(OURS))


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    folder = tmp_path_factory.mktemp("machine")
    (folder / "user").mkdir()
    return Machine(folder)


@pytest.fixture(scope="module")
def filled(machine: Machine) -> Machine:
    """The machine after the sample was ingested."""
    for words in (
        ("ingest", "videos", "sample/videos.jsonl"),
        ("ingest", "articles", "sample/articles.csv"),
        ("ingest", "events", "sample/events.csv"),
    ):
        machine.run(*words)
        assert machine.strangers() == set(), words
    return machine


def test_an_import_speaks_to_this_machine_only(filled: Machine) -> None:
    export = filled.folder / "pocket.csv"
    export.write_text("title,url,time_added,tags,status\nTrains,https://example.org/a,1700000000,,archive\n")
    filled.run("import", str(export), "--yes")
    assert filled.strangers() == set()


@pytest.mark.parametrize(
    "words",
    [
        ("recommend", "user_123"),
        ("recommend", "user_123", "--about", "space", "--rerank", "yesno", "--rerank-budget-ms", "2000"),
        ("search", "sourdough starter"),
        ("chat", "three about bread for user_123"),
        ("export", "--out", "OUT", "-k", "5", "--rerank", "none"),
        ("status",),
        ("doctor",),
        ("models", "list"),
    ],
    ids=" ".join,
)
def test_a_command_speaks_to_this_machine_only(filled: Machine, words: tuple[str, ...]) -> None:
    filled.run(*(str(filled.folder / "out.csv") if word == "OUT" else word for word in words))
    assert filled.strangers() == set()
    assert filled.left() == []


def test_the_agent_sends_no_prompt_to_a_tracing_service(filled: Machine) -> None:
    config = filled.folder / "agent.toml"
    config.write_text('[chat]\nmode = "agent"\n')
    filled.run("--config", str(config), "chat", "something about bread", "--user", "user_123")
    assert filled.strangers() == set()


def test_the_api_speaks_to_this_machine_only(filled: Machine) -> None:
    with filled.server("api") as address:
        assert httpx.get(f"{address}/v1/recommend/user_123", timeout=300).status_code == 200
        assert httpx.get(f"{address}/v1/search", params={"text": "bread"}, timeout=300).status_code == 200
    assert filled.strangers() == set()
    assert filled.left() == []


def test_the_page_speaks_to_this_machine_only_and_so_does_its_reader(filled: Machine) -> None:
    with filled.server("web") as address:
        page = httpx.get(address, timeout=300).text
    assert filled.strangers() == set()
    assert filled.left() == []
    loaded = re.findall(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"(https?://[^\"]+)\"", page)
    assert [one for one in loaded if not one.startswith(address)] == []


def test_the_mcp_server_speaks_to_this_machine_only(filled: Machine) -> None:
    done = subprocess.run(
        filled.command("serve", "mcp"), cwd=ROOT, env=filled.environment, input=f"{json.dumps(HELLO)}\n",
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert '"serverInfo"' in done.stdout, done.stderr
    assert filled.strangers() == set()
    assert filled.left() == []


def test_a_process_that_looks_up_a_name_is_noticed(machine: Machine) -> None:
    look_up = "import socket; socket.gethostbyname('shortlist.invalid')"
    subprocess.run(
        [*STRACE, "-o", str(machine.trace), sys.executable, "-c", look_up], env=machine.environment, check=False,
        capture_output=True, timeout=300,
    )  # fmt: skip
    assert machine.strangers()
