"""Thousands of generated records and command lines: each is taken, or refused in one clear line without a traceback."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shortlist.core.config_sections.ingest import IngestConfig
from shortlist.core.errors import ShortlistError
from shortlist.ingest.load import IngestResult, load_articles, load_events, load_readers, load_videos
from shortlist.store.home import Home
from shortlist.store.outbox import expected_documents

BATCH = 50
FEW, MANY = 6, 50  # batches of each of the four kinds: 1,200 records by default, 10,000 in all tests

TEXTS = [
    *("", " ", "\0", "a\x1bb", "../../etc/passwd", "\u202eabc", "é" * 600, "x" * 5000, "NaN", "null", "[1, [", "{"),
    *("\ud800", "'; DROP TABLE videos; --", "2026-11-20T10:00:00Z", "2026-11-20", "0001-01-01T00:00:00+14:00"),
    *("9999-12-31T23:59:59-14:00", "2026-02-30T10:00:00Z", "P1Y", "PT1M3S", "1:03", "99999:99", "-5", "1e400", "en_US"),
]
NUMBERS = [0, 1, -1, 2**31, 2**63, 10**30, 10**400, 253402300800, 0.5, 1e308, 1e18, -0.0, float("nan"), float("inf")]
COLUMNS = "channel url duration published description language category tags summary summary_made_by transcript"
USUAL: dict[str, tuple[dict[str, Any], list[str]]] = {
    "videos": ({"id": "v1", "title": "A title"}, [*COLUMNS.split(), "segments", "transcript_origin"]),
    "articles": ({"title": "A title", "body": "A body."}, ["id", "category", "published"]),
    "events": (
        {"user_id": "ann", "item_id": "v1", "kind": "video", "action": "view", "at": "2026-11-20T10:00:00Z"},
        ["dwell_s", "event_id", "request_id", "position", "variant"],
    ),
    "readers": ({"user_id": "ann"}, ["created", "interests"]),
}


def text(chance: random.Random) -> str:
    letters = chance.choice([0x7F, 0x3000, 0x110000])
    return "".join(chr(chance.randrange(letters)) for _ in range(chance.randrange(12)))


def anything(chance: random.Random, depth: int = 3) -> Any:
    """A value of any kind, tricky ones above all."""
    makers: list[Callable[[], Any]] = [
        lambda: chance.choice([None, True, False]),
        lambda: chance.choice(NUMBERS),
        lambda: chance.choice(TEXTS),
        lambda: text(chance),
        lambda: [anything(chance, depth - 1) for _ in range(chance.randrange(4))],
        lambda: {text(chance): anything(chance, depth - 1) for _ in range(chance.randrange(3))},
        lambda: [{name: anything(chance, 0) for name in ("start", "end", "text")} for _ in range(chance.randrange(3))],
    ]
    return chance.choice(makers if depth else makers[:4])()


def line(what: str, chance: random.Random) -> bytes:
    """A row in which a column may be anything, as JSON, and now and then cut short."""
    usual, optional = USUAL[what]
    row = {name: anything(chance) if chance.random() < 0.15 else value for name, value in usual.items()}
    if "id" in row and chance.random() < 0.8:
        row["id"] = f"v{chance.randrange(1000)}"
    row |= {name: anything(chance) for name in [*optional, "note", text(chance)] if chance.random() < 0.15}
    written = json.dumps(row).encode()  # half of a surrogate pair is written as JSON's escape
    return written if chance.random() < 0.95 else written[: chance.randrange(1, len(written))]


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory, hashing: Callable[[], Any]) -> Iterator[tuple[Home, Any]]:
    with hashing() as encoder, Home.open(tmp_path_factory.mktemp("fuzz") / "home", "hash-32") as home, home.writing():
        yield home, encoder


def load(what: str, home: Home, file: Path, encoder: Any) -> IngestResult:
    config = IngestConfig()
    if what == "videos":
        return load_videos(home, file, lambda: encoder, config)
    if what == "articles":
        return load_articles(home, file, lambda: encoder, config)
    return {"events": load_events, "readers": load_readers}[what](home, file, config)


def check(loaded: IngestResult, n_rows: int) -> None:
    """Every row is counted once; a note says why rows are left out."""
    assert loaded.new + loaded.changed + loaded.unchanged + loaded.left_out + len(loaded.failures) == n_rows
    assert bool(loaded.left_out) == bool({"repeated-ids", "event-id-taken"} & {note.code for note in loaded.notes})
    for failure in loaded.failures:
        assert "expected" in failure.reason, failure
        assert "found" in failure.reason, failure
        assert ";" in failure.reason, failure
        assert "\n" not in failure.reason, failure


def fuzz(what: str, home: Home, encoder: Any, examples: int) -> None:
    file = home.path.parent / f"{what}.jsonl"

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(seed=st.integers(0, 2**64))
    def run(seed: int) -> None:
        chance = random.Random(seed)
        file.write_bytes(b"\n".join(line(what, chance) for _ in range(BATCH)))
        check(load(what, home, file, encoder), BATCH)

    run()
    assert home.catalogue.integrity.problems() == []
    assert home.documents.count() == expected_documents(home)
    assert len(list(home.catalogue.events.iterate())) == home.catalogue.counts().events


@pytest.mark.parametrize("what", USUAL)
def test_records(what: str, shared_home: tuple[Home, Any]) -> None:
    fuzz(what, *shared_home, FEW)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", USUAL)
def test_many_records(what: str, shared_home: tuple[Home, Any]) -> None:
    fuzz(what, *shared_home, MANY)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    table=st.lists(
        st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=())), max_size=7), max_size=8
    )
)
def test_tables_of_anything(shared_home: tuple[Home, Any], table: list[list[str]]) -> None:
    home, encoder = shared_home
    written = io.StringIO()
    csv.writer(written).writerows([["id", "title"], *table])
    file = home.path.parent / "any.csv"
    file.write_bytes(written.getvalue().encode(errors="surrogatepass"))
    with suppress(ShortlistError):  # of the whole file
        loaded = load("videos", home, file, encoder)
        assert all("expected" in failure.reason for failure in loaded.failures)


COMMANDS = """recommend ann|recommend|search moon|search|chat recommend for ann|chat|status|models list|ingest videos
ingest events|ingest readers|ingest articles|ops simulate|frobnicate|eval run|export|doctor|doctor rebuild|""".replace(
    "\n", "|"
)
OPTIONS = """-k --about --rerank --rerank-budget-ms --show-prompt --max-duration --category --channel --language
--published-after --published-before --min-duration --not-category --not-word --not-video
--include-seen --json --user --thread --readers --seed --config --out --data --version --help
--nonsense -- auto none 5 -1 2026-11-01 0001-01-01 nan inf 1e999 99999999999999999999 ann v01"""
some_words = st.sampled_from(OPTIONS.split()) | st.text(st.characters(exclude_characters="\0"), max_size=9)


def fuzz_commands(shortlist: Callable[..., Any], examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(command=st.sampled_from(COMMANDS.split("|")), words=st.lists(some_words, max_size=6))
    def run(command: str, words: list[str]) -> None:
        done = shortlist(*command.split(maxsplit=1), *words)
        assert done.returncode in range(5)
        said = done.stderr
        if done.returncode >= 2 and command != "doctor" and not said.startswith(("Usage:", "Error:")):
            assert "expected" in said
            assert "found" in said
            assert len(said.strip().splitlines()) == 1, said

    run()


@pytest.fixture
def shortlist(here: Any, hashed: Any, small_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command in a folder without files, where no language model is to be had."""
    home = shutil.copytree(small_home, tmp_path / "home")
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    nothing = {"SHORTLIST_LLM__PROVIDER": "ollama", "SHORTLIST_LLM__OLLAMA_URL": "http://127.0.0.1:9"}
    return lambda *words: here(*words, home=home, **nothing)


def test_command_lines(shortlist: Any) -> None:
    fuzz_commands(shortlist, 30)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_command_lines(shortlist: Any) -> None:
    fuzz_commands(shortlist, 1000)
