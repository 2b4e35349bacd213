"""A home whose catalogue is on PostgreSQL and whose documents are on a Chroma server: what differs from a folder."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from shortlist.core.config import StoreConfig
from shortlist.core.errors import ConfigError, HomeDamaged, HomeLocked, ServiceError, ShortlistError
from shortlist.core.types import Event, Video
from shortlist.store.embed import embed
from shortlist.store.home import Home
from shortlist.store.outbox import deliver, pending
from tests import database_servers
from tests.database_servers import PASSWORD, Postgres, free_port

Start = Callable[..., "subprocess.Popen[str]"]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

HOLD = """
import sys
from pathlib import Path
from pydantic import SecretStr
from shortlist.core.config import StoreConfig
from shortlist.store.home import Home
with Home.open(Path(sys.argv[1]), servers=StoreConfig(catalogue=SecretStr(sys.argv[2]))) as home:
    with home.writing("ingesting videos"):
        print("held", flush=True)
        sys.stdin.read()
"""


def address(servers: StoreConfig) -> str:
    assert servers.catalogue is not None
    return servers.catalogue.get_secret_value()


def catalogue_at(url: str) -> StoreConfig:
    return StoreConfig(catalogue=SecretStr(url))


def check_told(error: ShortlistError, code: int, *words: str) -> None:
    """One line for a person, without the password in any spelling."""
    said = str(error)
    assert error.exit_code == code
    assert "\n" not in said
    assert PASSWORD not in said
    assert "%2540" not in said
    for word in words:
        assert word in said


def never() -> Any:
    raise AssertionError("the encoder was loaded for nothing")


def test_two_folders_over_one_database_and_chroma_are_one_home(
    servers: StoreConfig, tmp_path: Path, hash_encoder: Any
) -> None:
    with Home.open(tmp_path / "here", "hash-32", servers) as here, here.writing():
        here.catalogue.videos.put([Video("a", "A")])
        deliver(here, lambda: hash_encoder)
        here.catalogue.events.add([Event("ann", "a", "video", "view", NOON)])
        with Home.open(tmp_path / "there", servers=servers) as there:
            assert there.home_id == here.home_id
            assert there.catalogue.counts().events == 1
            assert pending(there) == 0
            assert there.documents.ids() == here.documents.ids() == ["transcript:a"]


def test_only_one_of_them_writes(servers: StoreConfig, tmp_path: Path, second_process: Start) -> None:
    with Home.open(tmp_path / "here", "hash-32", servers) as here:
        child = second_process(HOLD, tmp_path / "there", address(servers))
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(HomeLocked) as caught, here.writing():
            pass
        check_told(caught.value, 4, f"process {child.pid}", "ingesting videos")
        here.catalogue.events.add([Event("ann", "a", "video", "view", NOON)])  # everything else goes on
        child.kill()
        child.wait()
        gone = retry_if_exception_type(HomeLocked)  # the server may not have noticed yet that the other one is
        for attempt in Retrying(retry=gone, stop=stop_after_delay(20), wait=wait_fixed(0.02), reraise=True):
            with attempt, here.writing():
                here.catalogue.videos.put([Video("a", "A")])
        assert here.catalogue.videos.ids() == ["a"]


def test_a_writer_whose_lock_was_lost_does_not_write(servers: StoreConfig, tmp_path: Path) -> None:
    with Home.open(tmp_path, "hash-32", servers) as home, home.writing():
        with psycopg.connect(address(servers)) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database()"
            )
        with pytest.raises(ServiceError) as caught:
            home.catalogue.videos.put([Video("a", "A")])
        check_told(caught.value, 3)
        assert home.catalogue.videos.ids() == []  # connections that were broken off are replaced


def test_event_numbers_rise_in_the_order_in_which_events_become_visible(servers: StoreConfig, tmp_path: Path) -> None:
    with Home.open(tmp_path, "hash-32", servers) as home, ThreadPoolExecutor(4) as threads:
        seen: list[int] = []

        def add(number: int) -> None:
            home.catalogue.events.add(
                [Event(f"r{number % 7}", str(at), "video", "view", NOON) for at in range(number, number + 30)]
            )

        writing = [threads.submit(add, number) for number in range(40)]
        while not all(one.done() for one in writing):
            seen.extend(seq for seq, _ in home.catalogue.events.iterate(after=max(seen, default=0)))
        for one in writing:
            one.result()
        seen.extend(seq for seq, _ in home.catalogue.events.iterate(after=max(seen, default=0)))
        assert len(seen) == home.catalogue.counts().events


@pytest.mark.parametrize(
    "text",
    ["nul \x00 in it", "\x01a", "\x01", "plain", "\ud83c\udf89".encode("utf-16", "surrogatepass").decode("utf-16")],
)
def test_any_text_comes_back(servers: StoreConfig, tmp_path: Path, text: str) -> None:
    with Home.open(tmp_path, "hash-32", servers) as home:
        with home.writing():
            home.catalogue.videos.put([Video("a", text, channel=text)])
        assert home.catalogue.videos.get("a").title == text
        assert home.catalogue.integrity.problems() == []


@pytest.mark.parametrize(
    ("url", "error", "word"),
    [
        ("mysql://me:secret@host/db", ConfigError, "postgresql://user@host/database"),
        ("postgresql://me:secret@host:port/db", ServiceError, "postgresql://me@host:port/db"),
        ("postgresql://me:secret@127.0.0.1:{free}/db", ServiceError, "start it, or correct store.catalogue"),
        ("postgresql://me:secret@127.0.0.1:{port}/db", ServiceError, "~/.pgpass"),
        ("postgresql://shortlist:p%2540ss%20word%2F%C3%A9@127.0.0.1:{port}/nowhere", ServiceError, "nowhere"),
    ],
    ids=["another database", "no port", "no server", "a wrong password", "no such database"],
)
def test_what_cannot_be_reached_is_reported_in_one_line_without_the_password(
    postgres: Postgres, tmp_path: Path, url: str, error: type[ShortlistError], word: str
) -> None:
    asked = catalogue_at(url.format(free=free_port(), port=postgres.port))
    with pytest.raises(error) as caught:
        Home.open(tmp_path, "hash-32", asked)
    check_told(caught.value, caught.value.exit_code, word)
    assert "secret" not in str(caught.value)


def test_a_database_with_other_tables_is_left_alone(servers: StoreConfig, tmp_path: Path) -> None:
    with psycopg.connect(address(servers)) as other:
        other.execute("CREATE TABLE invoices (id int)")
    with pytest.raises(HomeDamaged, match="invoices") as caught:
        Home.open(tmp_path, "hash-32", servers)
    check_told(caught.value, 4)


@pytest.mark.parametrize("url", ["ftp://host", "http://me:secret@host:8000", "http://host:8000/path", "host:8000"])
def test_an_address_of_chroma_is_checked(servers: StoreConfig, tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"store\.chroma") as caught:
        Home.open(tmp_path, "hash-32", servers.model_copy(update={"chroma": url}))
    assert "secret" not in str(caught.value)


def test_a_chroma_server_that_is_down_is_named(servers: StoreConfig, tmp_path: Path, hash_encoder: Any) -> None:
    down = servers.model_copy(update={"chroma": f"http://127.0.0.1:{free_port()}"})
    with Home.open(tmp_path, "hash-32", down) as home, home.writing():
        home.catalogue.videos.put([Video("a", "A")])
        with pytest.raises(ServiceError, match="chroma run") as caught:
            deliver(home, lambda: hash_encoder)
        check_told(caught.value, 3)
    with Home.open(tmp_path, servers=servers) as home:  # what was stored meanwhile is delivered when it is back
        assert deliver(home, lambda: hash_encoder) == 1
        assert home.documents.ids() == ["transcript:a"]


def test_a_server_that_was_restarted_is_used_again(tmp_path: Path) -> None:
    with (
        database_servers.postgres() as own,
        Home.open(tmp_path, "hash-32", catalogue_at(own.new_database())) as home,
    ):
        home.catalogue.events.add([Event("ann", "a", "video", "view", NOON)])
        own.stop()
        with pytest.raises(ServiceError) as caught:
            home.catalogue.counts()
        check_told(caught.value, 3)
        own.start()
        assert home.catalogue.counts().events == 1


def test_a_collection_lost_by_the_server_is_rebuilt(servers: StoreConfig, tmp_path: Path, hash_encoder: Any) -> None:
    import chromadb

    with Home.open(tmp_path, "hash-32", servers) as home, home.writing():
        home.catalogue.videos.put([Video("a", "A")])
        deliver(home, lambda: hash_encoder)
        host, port = str(servers.chroma).removeprefix("http://").split(":")
        chromadb.HttpClient(host, int(port)).delete_collection(f"shortlist-{home.home_id}")
        with pytest.raises(HomeDamaged, match="shortlist doctor rebuild"):
            home.documents.count()
        assert deliver(home, never) == 1
        assert home.documents.ids() == ["transcript:a"]


def test_embeddings_that_an_older_version_kept_in_the_folder_move_to_the_server(
    servers: StoreConfig, tmp_path: Path, hash_encoder: Any
) -> None:
    with Home.open(tmp_path / "home", "hash-32") as folder, folder.writing():
        folder.catalogue.videos.put([Video("a", "A")])
        deliver(folder, lambda: hash_encoder)
    with Home.open(tmp_path / "home", "hash-32", servers) as home, home.writing():
        home.catalogue.videos.put([Video("a", "A")])
        assert deliver(home, never) == 1
    (tmp_path / "home" / "vectors.sqlite3").unlink()
    with Home.open(tmp_path / "another machine", "hash-32", servers) as home:
        assert embed(home, 0) == 1
