"""A home is made once, refused when it does not fit, and says what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.errors import HomeDamaged, HomeVersion, StateError
from shortlist.core.types import Event, Video
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.catalogue.base import write_number
from shortlist.store.catalogue.migrations import migrate
from shortlist.store.catalogue.results import Put
from shortlist.store.home import Home
from shortlist.store.outbox import deliver
from shortlist.store.sql.schema import SCHEMA_VERSION

BIRTH = """
import sys
from pathlib import Path
from shortlist.store.home import Home
sys.stdin.read()
with Home.open(Path(sys.argv[1]), "hash-32") as home:
    print(home.home_id)
"""


def sql(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path / "catalogue.sqlite3")) as connection:
        connection.execute(statement)
        connection.commit()


def ends_in_one_line(error: StateError) -> bool:
    return error.exit_code == 4 and "\n" not in str(error) and "expected" in str(error)


def test_a_home_keeps_its_identity(tmp_path: Path) -> None:
    with Home.open(tmp_path / "deep" / "home", "hash-32") as first:
        pass
    with Home.open(tmp_path / "deep" / "home") as again:
        assert (again.home_id, again.encoder) == (first.home_id, "hash-32")
    with Home.open(tmp_path / "other", "hash-32") as other:
        assert other.home_id != first.home_id


@pytest.mark.servers
def test_processes_that_begin_together_share_one_home(tmp_path: Path, second_process: Callable[..., object]) -> None:
    children = [second_process(BIRTH, tmp_path / "home") for _ in range(4)]
    for child in children:
        child.stdin.close()
        child.stdin = None
    born = {child.communicate(timeout=300)[0] for child in children}
    assert len(born) == 1
    assert len(born.pop().strip()) == 32


def test_another_encoder_is_refused_until_rebuild(home: Home) -> None:
    with pytest.raises(HomeVersion, match="shortlist doctor rebuild --encoder other") as caught:
        Home.open(home.path, "other", home.servers)
    assert ends_in_one_line(caught.value)
    home.change_encoder("other")
    with Home.open(home.path, "other", home.servers) as changed:
        assert changed.home_id == home.home_id


def test_what_an_index_was_last_said_to_hold_is_noted_for_each(home: Home) -> None:
    assert home.catalogue.indexed("one") == 0
    for revision in (3, 4):
        home.catalogue.set_indexed("one", revision)
    assert (home.catalogue.indexed("one"), home.catalogue.indexed("other")) == (4, 0)


def test_there_is_no_new_home_without_an_encoder(tmp_path: Path) -> None:
    with pytest.raises(HomeVersion, match="shortlist ingest"):
        Home.open(tmp_path / "home")


@pytest.mark.in_files
def test_a_newer_home_is_refused(home: Home) -> None:
    sql(home.path, f"UPDATE meta SET value = '{SCHEMA_VERSION + 1}' WHERE key = 'schema_version'")
    with pytest.raises(HomeVersion, match="newer Shortlist") as caught:
        Home.open(home.path, "hash-32")
    assert ends_in_one_line(caught.value)


@pytest.mark.in_files
def test_an_older_home_is_migrated_after_a_backup(home: Home) -> None:
    def add_column(connection: object) -> None:
        connection.exec_driver_sql("ALTER TABLE videos ADD COLUMN mood TEXT")  # type: ignore[attr-defined]

    with home.writing():
        home.catalogue.videos.put([Video("a", "A")])
        backup = migrate(home._database, {SCHEMA_VERSION: add_column}, target=SCHEMA_VERSION + 1)
    assert backup == home.path / f"catalogue.v{SCHEMA_VERSION}.sqlite3"
    with closing(sqlite3.connect(backup)) as old, closing(sqlite3.connect(home.path / "catalogue.sqlite3")) as new:
        assert old.execute("SELECT id FROM videos").fetchall() == [("a",)]
        assert [column[1] for column in old.execute("PRAGMA table_info(videos)")].count("mood") == 0
        assert new.execute("SELECT id, mood FROM videos").fetchall() == [("a", None)]
    assert migrate(home._database, {}, target=SCHEMA_VERSION + 1) is None


def columns(path: Path) -> set[tuple[str, str, str, int]]:
    """(table, column, type, not null) of a whole catalogue."""
    every = 'SELECT m.name, c.name, c.type, c."notnull" FROM sqlite_schema m, pragma_table_info(m.name) c'
    with closing(sqlite3.connect(path / "catalogue.sqlite3")) as connection:
        return set(connection.execute(f"{every} WHERE m.type = 'table'"))


@pytest.mark.in_files
def test_a_home_of_version_1_becomes_one_of_today(tmp_path: Path, home: Home) -> None:
    old = tmp_path / "old"
    old.mkdir()
    with closing(sqlite3.connect(old / "catalogue.sqlite3")) as connection:
        connection.executescript(Path(__file__).with_name("home_v1.sql").read_text(encoding="utf-8"))
    with Home.open(old) as migrated, migrated.writing():
        counts = migrated.catalogue.counts()
        assert (counts.videos, counts.articles, counts.readers, counts.events) == (2, 2, 2, 4)
        assert migrated.catalogue.integrity.problems() == []
        articles = [article for _, article in migrated.catalogue.articles.iterate()]
        assert migrated.catalogue.articles.put(articles) == Put(unchanged=2)
        [newest] = (event for number, event in migrated.catalogue.events.iterate() if number == 1084)
        assert migrated.catalogue.events.add([newest, replace(newest, user_id="user_15")]) == 1
        assert migrated.catalogue.events.last_number() > 1092  # numbers of removed events are not used again
    assert columns(old) == columns(home.path)
    assert (old / "catalogue.v1.sqlite3").exists()


def test_failures_of_version_4_are_without_a_cause(home: Home) -> None:
    with home._database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE steps DROP COLUMN cause")
        connection.exec_driver_sql("ALTER TABLE events DROP COLUMN arrived")
        connection.exec_driver_sql("DROP TABLE experiments")
        connection.exec_driver_sql(
            "INSERT INTO steps (item, step, status, reason, at) VALUES ('a', 'b', 'failed', '', 0)"
        )
        write_number(connection, "schema_version", 4)
    with Home.open(home.path, servers=home.servers) as migrated:
        migrated.catalogue.steps.put("c", "d", "failed", "no audio", cause="damaged-media")
        assert [one.cause for one in migrated.catalogue.steps.failures()] == ["", "damaged-media"]


def test_a_migration_that_fails_changes_nothing(home: Home) -> None:
    def fail(connection: object) -> None:
        connection.exec_driver_sql("DROP TABLE steps")  # type: ignore[attr-defined]
        raise ZeroDivisionError

    with home.writing(), pytest.raises(ZeroDivisionError):
        migrate(home._database, {SCHEMA_VERSION: fail}, target=SCHEMA_VERSION + 1)
    with Home.open(home.path, servers=home.servers) as same:
        assert same.catalogue.steps.failures() == []


@pytest.mark.parametrize(
    "ruin",
    [
        lambda file: file.write_bytes(b"no database at all " * 100),
        lambda file: file.write_bytes(file.read_bytes()[:5000]),
        lambda file: file.write_bytes(file.read_bytes()[:100] + b"\xff" * 4000 + file.read_bytes()[4100:]),
    ],
)
def test_a_damaged_catalogue_is_named(tmp_path: Path, ruin: Callable[[Path], object]) -> None:
    file = tmp_path / "home" / "catalogue.sqlite3"
    with Home.open(file.parent, "hash-32") as home, home.writing():
        home.catalogue.videos.put([Video(f"v{number}", "A title") for number in range(500)])
    ruin(file)
    with pytest.raises(HomeDamaged, match=r"catalogue\.sqlite3") as caught, Home.open(file.parent) as home:
        list(home.catalogue.videos.iterate())
    assert ends_in_one_line(caught.value)


def test_another_sqlite_file_is_not_taken_for_a_catalogue(tmp_path: Path) -> None:
    sql(tmp_path, "CREATE TABLE songs (id)")
    with pytest.raises(HomeDamaged, match="songs"):
        Home.open(tmp_path, "hash-32")


@pytest.mark.in_files
def test_a_lost_catalogue_is_not_replaced_by_an_empty_one(home: Home) -> None:
    (home.path / "chroma").mkdir()
    home.close()
    (home.path / "catalogue.sqlite3").unlink()
    with pytest.raises(HomeDamaged, match="is lost"):
        Home.open(home.path, "hash-32")


@pytest.mark.in_files
@pytest.mark.parametrize("key", ["home_id", "revision", "schema_version"])
def test_a_catalogue_without_its_counters_is_damaged(home: Home, key: str) -> None:
    sql(home.path, f"DELETE FROM meta WHERE key = '{key}'")
    with pytest.raises(HomeDamaged, match=key), Home.open(home.path) as again:
        again.catalogue.revision()


@pytest.mark.in_files
def test_a_full_disk_leaves_the_old_state(home: Home) -> None:
    with home.writing():
        home.catalogue.videos.put([Video("a", "A")])
        with home._database.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StateError, match="free some space") as caught:
            home.catalogue.videos.put([Video(f"v{number}", "A" * 5000) for number in range(100)])
    assert ends_in_one_line(caught.value)
    assert home.catalogue.videos.ids() == ["a"]
    assert home.catalogue.revision() == 1


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write everywhere; anyone else is refused by the permissions alone."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


def write_something(folder: Path) -> None:
    with Home.open(folder, "hash-32") as home, home.writing():
        home.catalogue.videos.put([Video("a", "A")])


@pytest.mark.parametrize("born", [False, True])
def test_a_folder_that_cannot_be_written_is_named(born: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if born:
            Home.open(folder, "hash-32").close()
        folder.chmod(0o555)
        with as_nobody(), pytest.raises(StateError, match="permissions") as caught:
            write_something(folder)
        folder.chmod(0o755)
    assert ends_in_one_line(caught.value)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(StateError, match="home"):
        Home.open(tmp_path / "home", "hash-32")


def test_a_busy_catalogue_is_waited_for(home: Home) -> None:
    with home._database.writing() as connection:
        write_number(connection, "delivered", 0)
        assert home.catalogue.revision() == 0  # reading does not wait for a writer


def modes(folder: Path) -> set[str]:
    """The modes of all folders and of all files in and with `folder`."""
    return {f"{'d' if one.is_dir() else 'f'}{one.stat().st_mode & 0o777:o}" for one in (folder, *folder.rglob("*"))}


@pytest.fixture
def open_umask() -> Iterator[None]:
    """New files are readable by all, as on most machines."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.in_files
def test_nobody_else_can_read_a_home(
    home: Home, new_hash_encoder: Any, make_video: Callable[..., Video], open_umask: None
) -> None:
    home.answers.path.unlink(missing_ok=True)
    with home.writing():
        home.catalogue.videos.put([make_video("v1")])
        deliver(home, new_hash_encoder)
        load_snapshot(home)
    home.catalogue.events.add([Event("ann", "v1", "video", "like", datetime(2026, 5, 1, tzinfo=UTC))])
    with home.answers.reading():
        assert modes(home.path) == {"d700", "f600"}


@pytest.mark.in_files
def test_an_older_home_is_closed_to_others_when_it_is_opened(
    home: Home, open_umask: None, caplog: pytest.LogCaptureFixture
) -> None:
    home.close()
    for one in (home.path, *home.path.rglob("*")):
        one.chmod(0o755 if one.is_dir() else 0o644)
    (home.path / "media").symlink_to("/etc/hostname")
    outside = Path("/etc/hostname").stat().st_mode
    Home.open(home.path).close()
    assert "could be read by other users" in caplog.text
    (home.path / "media").unlink()
    assert modes(home.path) <= {"d700", "f600"}
    assert Path("/etc/hostname").stat().st_mode == outside
    caplog.clear()
    Home.open(home.path).close()
    assert caplog.text == ""


def test_what_else_lies_in_its_folder_is_left_alone(tmp_path: Path, open_umask: None) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to-ann.txt").write_text("Dear Ann")
    tmp_path.chmod(0o755)
    for _ in range(2):
        Home.open(tmp_path, "hash-32").close()
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert modes(tmp_path / "letters") == {"d755", "f644"}
    assert (tmp_path / "catalogue.sqlite3").stat().st_mode & 0o777 == 0o600
