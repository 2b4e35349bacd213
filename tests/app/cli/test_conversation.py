"""`shortlist chat` as a person has it: over a pipe, and on a terminal with a history."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-c", "from shortlist.app.cli.main import run; run()", "chat"]


@pytest.fixture
def environ(sample_home: Path, tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    shutil.copytree(sample_home, home)
    return {
        "PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "TERM": "xterm", "SHORTLIST_HOME": str(home),
        "SHORTLIST_CHAT__MODE": "parser", "PROMPT_TOOLKIT_NO_CPR": "1", "SHORTLIST_RERANK__WEIGHT_WISH": "0",
    }  # fmt: skip


def said(environ: dict[str, str], lines: str, *words: str) -> str:
    done = subprocess.run(
        [*COMMAND, *words], input=lines, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.integration
def test_a_conversation_over_a_pipe_goes_on_after_a_restart(environ: dict[str, str]) -> None:
    first = said(
        environ, "/user user_123\nrecommend three\nshorter ones\n/user\nrecommend for user_124\n/quit\nnever read\n"
    )
    assert "speaking as user_123" in first
    assert len(re.findall(r"^3\. ", first, re.MULTILINE)) == 2
    assert "For user_123, at most 0:" in first
    assert "The nearest ids are user_123" in first
    assert "never read" not in first
    again = said(environ, "why 2?\nthe next two\n", "--user", "user_123")
    assert "Number 2, “" in again
    assert re.search(r"^4\. .*\n5\. ", again, re.MULTILINE)


@pytest.mark.integration
@pytest.mark.parametrize("goodbye", ["quit", "exit", "bye"])
def test_a_goodbye_ends_a_conversation(environ: dict[str, str], goodbye: str) -> None:
    lines = said(environ, f"{goodbye}\nnever read\n")
    assert "Goodbye." in lines
    assert "never read" not in lines


def test_a_json_answer_needs_a_message(environ: dict[str, str]) -> None:
    done = subprocess.run([*COMMAND, "--json"], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert "MESSAGE" in done.stderr


@pytest.mark.slow
def test_on_a_terminal_the_arrow_keys_bring_back_what_was_said(environ: dict[str, str]) -> None:
    driver, terminal = pty.openpty()
    process = subprocess.Popen(COMMAND, cwd=ROOT, env=environ, stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    heard = ""

    def until(words: str) -> None:
        nonlocal heard
        deadline = time.monotonic() + 240
        while words not in heard:
            assert time.monotonic() < deadline, heard
            heard += os.read(driver, 65536).decode(errors="replace")
        heard = heard.split(words, 1)[1]

    until("you>")
    os.write(driver, b"what does user_7 like?\r")
    until("user_7 likes Health")
    until("you>")
    os.write(driver, b"\x1b[A\r")  # arrow up
    until("user_7 likes Health")
    until("you>")
    os.write(driver, b"\x04")  # Ctrl-D
    assert process.wait(timeout=300) == 0
    os.close(driver)
    assert "what does user_7 like?" in (Path(environ["SHORTLIST_HOME"]) / "chat-history").read_text()
