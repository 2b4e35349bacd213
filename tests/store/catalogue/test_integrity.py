"""Damage that no read would notice is found by looking everything over."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from shortlist.core.types import Article, Segment, Transcript, Video
from shortlist.store.home import Home

pytestmark = pytest.mark.in_files


@pytest.fixture
def full_home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    with Home.open(path, "hash-32") as home, home.writing():
        spoken = Transcript((Segment("The tallest tower is made of wood."),))
        home.catalogue.videos.put([Video("tower", "A tower", transcript=spoken)])
        home.catalogue.articles.put([Article("news", "Something happened yesterday")])
    return path


def test_a_sound_catalogue_has_no_problems(full_home: Path) -> None:
    with Home.open(full_home) as home:
        assert home.catalogue.integrity.problems() == []


@pytest.mark.parametrize(("text", "item"), [(b"tallest tower", "tower"), (b"happened yesterday", "news")])
def test_one_flipped_byte_in_a_text_is_found(full_home: Path, text: bytes, item: str) -> None:
    file = full_home / "catalogue.sqlite3"
    content = bytearray(file.read_bytes())
    content[content.index(text)] ^= 0x01
    file.write_bytes(content)
    with Home.open(full_home) as home:
        problems = home.catalogue.integrity.problems()
    assert len(problems) == 1
    assert item in problems[0]


def flip(path: Path, old: bytes, new: bytes) -> None:
    file = path / "catalogue.sqlite3"
    content = file.read_bytes()
    assert old in content
    file.write_bytes(content.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        (b"tallest tower", b"tallest tover", ["tower"]),
        (b"given{}", b"givenz}", []),
        (b"A tower", b"A t\xffwer", []),
    ],
    ids=["another word", "no JSON", "no UTF-8"],
)
def test_a_damaged_record_is_whole_again_when_it_is_ingested_again(
    full_home: Path, old: bytes, new: bytes, left: list[str]
) -> None:
    with Home.open(full_home) as home:
        tower, revision = home.catalogue.videos.get("tower"), home.catalogue.revision()
    flip(full_home, old, new)
    with Home.open(full_home) as home, home.writing():
        assert [one.id for one in home.catalogue.integrity.clear_damaged()] == ["tower"]
        assert home.catalogue.videos.ids() == left
        home.catalogue.videos.put([tower])
        assert home.catalogue.videos.get("tower") == tower
        assert home.catalogue.revision() > revision
        assert home.catalogue.integrity.problems() == []


def test_an_id_that_changed_leaves_nothing_in_the_way(full_home: Path) -> None:
    with Home.open(full_home) as home:
        tower = home.catalogue.videos.get("tower")
    with closing(sqlite3.connect(full_home / "catalogue.sqlite3")) as connection:
        connection.execute("UPDATE videos SET id = 'tover'")  # without foreign keys, so that the segments stay
        connection.commit()
    with Home.open(full_home) as home, home.writing():
        assert len(home.catalogue.integrity.problems()) >= 1
        home.catalogue.integrity.clear_damaged()
        home.catalogue.videos.put([tower])
        assert home.catalogue.videos.get("tower") == tower


def test_a_broken_page_is_reported_not_raised(full_home: Path) -> None:
    file = full_home / "catalogue.sqlite3"
    content = bytearray(file.read_bytes())
    at = content.index(b"tallest tower") // 4096 * 4096
    content[at : at + 64] = b"\xff" * 64
    file.write_bytes(content)
    with Home.open(full_home) as home:
        assert home.catalogue.integrity.problems() != []
