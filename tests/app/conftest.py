"""The command line, called in this process: a start of Python costs a second and a half, a command itself little."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SMALL = {
    "COLUMNS": "120", "SHORTLIST_LLM__PROVIDER": "embedded", "SHORTLIST_LLM__MODEL": "smollm2-135m",
    "SHORTLIST_LLM__THREADS": "1", "SHORTLIST_LLM__CONTEXT": "2048",
    "SHORTLIST_BACKUP__DAILY": "false",
    "XDG_CONFIG_HOME": "/dev/null",  # no configuration of the person who runs the tests
}  # fmt: skip


TITLES = [f"Video {number} about {word}" for number, word in enumerate(("bread", "moon", "trains", "rivers") * 15)]


@dataclass(frozen=True)
class Done:
    """Exit code and output of a command."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        assert self.returncode == 0, self.stderr
        return json.loads(self.stdout)

    def says(self, code: int, *words: str) -> None:
        """One line on stderr with all of `words`, but for that of a new home, and this exit code."""
        assert self.returncode == code, self.stderr
        said = [line for line in self.stderr.strip().splitlines() if not line.startswith("created a home at ")]
        assert len(said) == 1
        for word in ("expected", "found", *words):
            assert word in self.stderr


Command = Callable[..., Done]


def run_here(*words: str, home: Path, **environ: str) -> Done:
    """`shortlist WORDS` on `home`. An exception that is no exit is a traceback for a user, and raised."""
    from shortlist.app.cli.main import run

    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, _own_logging(), redirect_stdout(out), redirect_stderr(err):
        for name, value in {**SMALL, "SHORTLIST_HOME": str(home), **environ}.items():
            patch.setenv(name, value)
        try:
            run(words)
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


@contextmanager
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []  # what is closed by `basicConfig(force=True)` is not pytest's
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)


@pytest.fixture(scope="session")
def here() -> Command:
    """here(*words, home=, **environ): the command, called in this process."""
    return run_here


@pytest.fixture(scope="session")
def hashing(new_hash_encoder: Any) -> Callable[[], AbstractContextManager[Any]]:
    """Until the end of its `with`, commands use a hash encoder: hash-32, or `other` if that is configured."""

    @contextmanager
    def until_the_end() -> Iterator[Any]:
        from shortlist.models.encoders.loader import register_encoder

        encoder = new_hash_encoder()

        def load(config: Any, *_rest: Any) -> Any:
            encoder.name = config.name
            return encoder

        register_encoder("hash-32", load)
        register_encoder("other", load)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SHORTLIST_ENCODER__NAME", "hash-32")
            yield encoder

    return until_the_end


@pytest.fixture
def hashed(hashing: Callable[[], AbstractContextManager[Any]]) -> Iterator[Any]:
    """All commands of the test use a hash encoder."""
    with hashing() as encoder:
        yield encoder


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tables of 60 videos, an article and an event."""
    folder = tmp_path_factory.mktemp("tables")
    rows = [{"id": f"v{at:02}", "title": title, "transcript": f"{title}, told."} for at, title in enumerate(TITLES)]
    (folder / "videos.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (folder / "articles.jsonl").write_text('{"id": "a1", "title": "News of the moon", "body": "It is round."}\n')
    (folder / "events.csv").write_text("user_id,item_id,kind,action,at\nann,v01,video,like,2026-11-20T10:00:00Z\n")
    return folder


@pytest.fixture(scope="session")
def small_home(tables: Path, hashing: Callable[[], Any]) -> Path:
    """A home of `tables`, ingested once a run with a hash encoder. Copy it before you change it."""
    with hashing():
        for what in ("videos.jsonl", "articles.jsonl", "events.csv"):
            done = run_here("ingest", what.partition(".")[0], str(tables / what), home=tables / "home")
            assert done.returncode == 0, done.stderr
    return tables / "home"
