"""Backups are whole, checked and few; a restore puts one back as a whole, or changes nothing."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.core.errors import HomeDamaged, HomeLocked, StateError, UsageError
from shortlist.core.types import Video
from shortlist.store.backups.backup import Backup, back_up, find_backup, list_backups, rotate
from shortlist.store.backups.restore import REPLACED, RESTORING, restore
from shortlist.store.home import Home
from tests.small_disk import small_disk

Make = Callable[..., Video]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def path(tmp_path: Path, make_video: Make) -> Path:
    """A home of the videos a and b, with an embedding."""
    path = tmp_path / "old" / "home"
    with Home.open(path, "hash-32") as home, home.writing():
        home.catalogue.videos.put([make_video("a"), make_video("b")])
        home.embeddings.put("hash-32", {"sha": np.ones(32, dtype=np.float32)})
    return path


def folder_of(path: Path) -> Path:
    return path / "backups"


def make(path: Path) -> Backup:
    return back_up(path, folder_of(path))


def videos(path: Path) -> list[str]:
    with Home.open(path) as home:
        assert home.catalogue.integrity.problems() == []
        return list(home.catalogue.videos.ids())


def add(path: Path, video: Video) -> None:
    with Home.open(path) as home, home.writing():
        home.catalogue.videos.put([video])


def test_a_restored_home_is_that_of_the_backup_and_the_replaced_files_are_kept(path: Path, make_video: Make) -> None:
    made = make(path)
    assert set(made.manifest.files) == {"catalogue.sqlite3", "vectors.sqlite3"}
    add(path, make_video("c"))
    replaced = restore(path, made)
    assert videos(path) == ["a", "b"]
    with Home.open(path) as home:
        assert list(home.embeddings.get_many("hash-32", ["sha"])) == ["sha"]
    with closing(sqlite3.connect(replaced / "catalogue.sqlite3")) as old:
        assert old.execute("SELECT count(*) FROM videos").fetchone() == (3,)
    assert not (path / RESTORING).exists()


def test_a_backup_can_be_restored_into_a_new_folder(path: Path, tmp_path: Path) -> None:
    restore(tmp_path / "new", make(path))
    assert videos(tmp_path / "new") == ["a", "b"]


@pytest.mark.parametrize("spoil", ["rubbish", "empty", "lost", "no log"])
def test_a_catalogue_that_cannot_be_opened_names_the_command_that_restores_it(path: Path, spoil: str) -> None:
    made = make(path)
    catalogue = path / "catalogue.sqlite3"
    (path / "chroma").mkdir(exist_ok=True)
    if spoil == "lost":
        catalogue.unlink()
    elif spoil == "no log":
        catalogue.write_bytes(catalogue.read_bytes()[:5000])
        (path / "catalogue.sqlite3-wal").write_bytes(b"not a log" * 1000)
    else:
        catalogue.write_bytes(b"rubbish " * 999 if spoil == "rubbish" else b"")
    with pytest.raises(HomeDamaged, match="run `shortlist ops restore`") as caught:
        videos(path)
    assert made.path.name in str(caught.value)
    restore(path, made)
    assert videos(path) == ["a", "b"]


@pytest.mark.parametrize("name", ["catalogue.sqlite3", "vectors.sqlite3"])
def test_a_damaged_backup_is_refused_and_changes_nothing(path: Path, make_video: Make, name: str) -> None:
    made = make(path)
    content = bytearray((made.path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (made.path / name).write_bytes(content)
    add(path, make_video("c"))
    before = sorted(path.iterdir())
    with pytest.raises(HomeDamaged, match="another checksum; choose another one"):
        restore(path, made)
    assert sorted(path.iterdir()) == before
    assert videos(path) == ["a", "b", "c"]
    (made.path / name).unlink()
    with pytest.raises(HomeDamaged, match="No such file"):
        restore(path, made)


def test_a_damaged_catalogue_is_not_backed_up_and_a_damaged_cache_is_left_out(path: Path) -> None:
    (path / "vectors.sqlite3").write_bytes(b"rubbish " * 999)
    made = make(path)
    assert (made.left_out, list(made.manifest.files)) == (("vectors.sqlite3",), ["catalogue.sqlite3"])
    (path / "catalogue.sqlite3").write_bytes(b"rubbish " * 999)
    with pytest.raises(HomeDamaged, match="run `shortlist ops restore`"):
        make(path)
    assert [one.path for one in list_backups(folder_of(path))] == [made.path]
    assert sorted(each.name for each in folder_of(path).iterdir()) == [made.path.name, "backup.lock"]


def test_the_newest_are_kept(path: Path) -> None:
    made = [make(path).path for _ in range(4)]
    assert len(set(made)) == 4
    rotate(folder_of(path), 2)
    assert [one.path for one in list_backups(folder_of(path))] == [made[3], made[2]]
    assert find_backup(folder_of(path), None).path == made[3]
    assert find_backup(folder_of(path), made[2].name).path == made[2]
    with pytest.raises(UsageError, match=made[3].name):
        find_backup(folder_of(path), made[0].name)
    with pytest.raises(UsageError, match="run `shortlist ops backup` while the home is intact"):
        find_backup(path / "nowhere", None)


def test_backups_of_two_homes_are_not_mixed(path: Path, tmp_path: Path) -> None:
    made = make(path)
    with Home.open(tmp_path / "other", "hash-32"):
        pass
    with pytest.raises(UsageError, match="backups of another home"):
        back_up(tmp_path / "other", folder_of(path))
    assert [one.path for one in list_backups(folder_of(path))] == [made.path]


def test_a_manifest_that_names_other_files_is_no_backup(path: Path) -> None:
    manifest = make(path).path / "backup.json"
    manifest.write_text(manifest.read_text().replace("vectors.sqlite3", "../../../stolen"))
    assert list_backups(folder_of(path)) == []


def test_a_home_in_use_is_not_restored(path: Path) -> None:
    made = make(path)
    with Home.open(path) as home:
        home.catalogue.videos.ids()
        with pytest.raises(HomeLocked, match="stop it"):
            restore(path, made)
        with home.writing(), pytest.raises(HomeLocked):
            restore(path, made)
    restore(path, made)


def test_an_older_backup_is_migrated_when_it_is_opened(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "catalogue.sqlite3")) as connection:
        connection.executescript((Path(__file__).parents[1] / "home_v1.sql").read_text(encoding="utf-8"))
    made = make(tmp_path)
    assert made.manifest.meta["schema_version"] == "1"
    before = videos(tmp_path)  # migrates
    restore(tmp_path, made)
    assert videos(tmp_path) == before
    assert len(before) == 2


WRITER = """
import sys
from pathlib import Path
from shortlist.core.types import Video
from shortlist.store.home import Home

with Home.open(Path(sys.argv[1])) as home, home.writing():
    number = 0
    while True:
        number += 1
        home.catalogue.videos.put([Video(f"w{number}-{part}", "Written together") for part in range(20)])
        print(number, flush=True)
"""


@pytest.mark.servers
def test_a_backup_beside_a_writer_has_whole_transactions(path: Path, second_process: Start, tmp_path: Path) -> None:
    writer = second_process(WRITER, path)
    assert writer.stdout is not None
    for at in range(3):
        writer.stdout.readline()
        made = make(path)
        restore(tmp_path / f"copy{at}", made)
        written = [one for one in videos(tmp_path / f"copy{at}") if one.startswith("w")]
        assert written
        assert len(written) % 20 == 0


def state_of(path: Path) -> list[str] | str:
    """The videos, or the error."""
    try:
        return videos(path)
    except HomeDamaged as error:
        return str(error)


CHILD = """
import os, signal, sys
from pathlib import Path
from shortlist.store.backups.backup import back_up, find_backup
from shortlist.store.backups.restore import restore

path, what, step = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
steps = iter(range(10_000))

def kill(event, given):
    changes = event in {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "shutil.copyfile"}
    if changes and next(steps) == step:
        os.kill(os.getpid(), signal.SIGKILL)

found = find_backup(path / "backups", None) if what == "restore" else None
sys.addaudithook(kill)
restore(path, found) if found else back_up(path, path / "backups")
"""


@pytest.mark.servers
@pytest.mark.parametrize("what", ["backup", "restore"])
def test_killed_anywhere_nothing_is_lost(path: Path, make_video: Make, second_process: Start, what: str) -> None:
    first = make(path)
    add(path, make_video("c"))
    kept = shutil.copytree(path, path.parent / "kept")
    ended = killed = 0
    for step in range(40):
        shutil.rmtree(path)
        shutil.copytree(kept, path)
        child = second_process(CHILD, path, what, step)
        child.communicate(timeout=300)
        if child.returncode == 0:
            ended = step
            break
        assert child.returncode == -signal.SIGKILL
        killed += 1
        if what == "backup":
            assert videos(path) == ["a", "b", "c"]
            for one in list_backups(folder_of(path)):
                restore(path.parent / f"copy{step}", one)
            assert len(list_backups(folder_of(path))) >= 1
        else:
            state = state_of(path)
            assert state in (["a", "b", "c"], ["a", "b"]) or "run `shortlist ops restore`" in state
            restore(path, find_backup(folder_of(path), None))
            assert videos(path) == ["a", "b"]
            assert any(each.name.startswith(REPLACED) for each in path.iterdir())
    assert ended == killed >= 3
    assert find_backup(folder_of(path), first.path.name)


@pytest.mark.parametrize("left", [0, 30_000, 100_000])
def test_a_full_disk_leaves_no_half_backup_and_no_half_home(path: Path, tmp_path: Path, left: int) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, "8m"):
        home = Path(shutil.copytree(path, disk / "home"))
        made = back_up(home, tmp_path / "elsewhere")
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(disk).free - left))
        for work in (lambda: make(home), lambda: restore(home, made)):
            with pytest.raises(StateError, match="free some space"):
                work()
        assert list_backups(folder_of(home)) == []
        assert not (home / RESTORING).exists()
        ballast.unlink()
        assert videos(home) == ["a", "b"]
        restore(home, made)
        assert videos(home) == ["a", "b"]


def test_only_the_owner_can_read_a_backup(path: Path) -> None:
    made = make(path)
    for each in (made.path, *made.path.iterdir()):
        assert each.stat().st_mode & 0o077 == 0, each


def test_files_of_a_restore_are_those_of_the_owner(path: Path) -> None:
    replaced: Any = restore(path, make(path))
    for each in (path / "catalogue.sqlite3", replaced):
        assert each.stat().st_mode & 0o077 == 0, each
