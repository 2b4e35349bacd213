"""The commands as a user types them: every example of docs/serving.md, and the server as a process."""

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
from pathlib import Path

import httpx
import pytest

from tests.serving.conftest import until

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
COMMAND = [sys.executable, "-c", "from shortlist.app.cli.main import run; run()"]
ADDRESS = re.compile(r"answers at (http://\S+)")


def environment(home: Path) -> dict[str, str]:
    known = {"PATH": os.environ["PATH"], "HOME": str(Path.home()), "SHORTLIST_HOME": str(home)}
    small = {
        "SHORTLIST_LLM__PROVIDER": "embedded",
        "SHORTLIST_LLM__MODEL": "smollm2-135m",
        "SHORTLIST_LLM__THREADS": "1",
    }
    return known | small | {"SHORTLIST_SERVE__DEADLINE_S": "2"}


@contextmanager
def started(home: Path, *words: str) -> Iterator[tuple[str, subprocess.Popen[str], list[str]]]:
    """`shortlist serve WORDS` as a process: its address, and what it said until then."""
    command = [*COMMAND, "serve", *words, "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(home), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if found := ADDRESS.search(line):
                yield found[1], process, said
                return
        raise AssertionError("".join(said))
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def address(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = shutil.copytree(sample_home, tmp_path_factory.mktemp("served") / "home")
    with started(home, "api") as (url, _, _):
        yield url


def examples() -> list[str]:
    """Every curl command of the page that is meant for a local server."""
    blocks = re.sub(r"\\?\n +", " ", "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)))
    return [line.partition("   #")[0].strip() for line in blocks.splitlines() if "$API" in line]


def test_every_endpoint_is_shown(address: str) -> None:
    paths = httpx.get(f"{address}/openapi.json").json()["paths"]
    for path in paths:
        assert any(path.partition("{")[0] in example for example in examples()), path


@pytest.mark.parametrize("example", examples())
def test_the_examples_work(address: str, example: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    done = subprocess.run(
        ["bash", "-c", f"{example} --fail-with-body"],
        env={"API": address, "PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    if "chat" in example:
        assert "event: reply" in done.stdout
    elif "stream" in example:
        assert "event: answer" in done.stdout
    elif "metrics" in example:
        assert "shortlist_requests_total" in done.stdout
    else:
        document = json.loads(done.stdout)
        assert document
        assert all(one["status"] != "failed" for one in document.get("results", ()))


def children_of(pid: int) -> list[int]:
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for one in lists for child in one.read_text().split()]


def has_weights(pid: int) -> bool:
    return ".gguf" in Path(f"/proc/{pid}/maps").read_text()


def test_the_embedded_model_is_loaded_by_another_process(sample_home: Path, tmp_path: Path) -> None:
    home = shutil.copytree(sample_home, tmp_path / "home")
    with started(home, "api") as (url, process, _):
        asked = {"about": "the moon", "rerank": "yesno", "k": "3"}
        assert httpx.get(f"{url}/v1/recommend/user_123", params=asked, timeout=300).status_code == 200
        [model] = until(lambda: [pid for pid in children_of(process.pid) if has_weights(pid)])
        assert not has_weights(process.pid)
        process.kill()
        process.wait()
        until(lambda: not Path(f"/proc/{model}").exists())


def test_without_keys_it_stays_on_this_machine_and_says_so(sample_home: Path, tmp_path: Path) -> None:
    home = shutil.copytree(sample_home, tmp_path / "home")
    with started(home, "api", "--host", "0.0.0.0") as (url, process, said):
        assert url.startswith("http://127.0.0.1:")
        assert any("no keys" in line for line in said)
        assert httpx.get(f"{url}/readyz").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) in (0, -signal.SIGTERM)


def test_a_port_in_use_is_one_line(sample_home: Path, address: str) -> None:
    port = address.rsplit(":", 1)[1]
    command = [*COMMAND, "serve", "api", "--port", port]
    done = subprocess.run(command, cwd=ROOT, env=environment(sample_home), capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert "cannot listen" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_command_serves_the_page_the_api_and_mcp(sample_home: Path, tmp_path: Path) -> None:
    home = shutil.copytree(sample_home, tmp_path / "home")
    with started(home) as (address, process, _), httpx.Client(base_url=address, timeout=300) as client:
        assert "<title>Shortlist</title>" in client.get("/").text
        assert client.get("/v1/recommend/user_123?k=1").json()["recommendations"]
        assert client.post("/mcp", json={}).status_code in {400, 406}
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
