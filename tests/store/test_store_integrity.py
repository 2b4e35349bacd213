"""Damage that no read would notice is found by looking everything over."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.types import Article, Segment, Transcript, Video
from store.home import Home


@pytest.fixture
def full_home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    with Home.open(path, "hash-32") as home, home.writing():
        spoken = Transcript((Segment("The tallest tower is made of wood."),))
        home.catalogue.put_videos([Video("tower", "A tower", transcript=spoken)])
        home.catalogue.put_articles([Article("news", "Something happened yesterday")])
    return path


def test_a_sound_catalogue_has_no_problems(full_home: Path) -> None:
    with Home.open(full_home) as home:
        assert home.catalogue.problems() == []


@pytest.mark.parametrize(("text", "item"), [(b"tallest tower", "tower"), (b"happened yesterday", "news")])
def test_one_flipped_byte_in_a_text_is_found(full_home: Path, text: bytes, item: str) -> None:
    file = full_home / "catalogue.sqlite3"
    content = bytearray(file.read_bytes())
    content[content.index(text)] ^= 0x01
    file.write_bytes(content)
    with Home.open(full_home) as home:
        problems = home.catalogue.problems()
    assert len(problems) == 1
    assert item in problems[0]
    assert "ingest it again" in problems[0]


def test_a_broken_page_is_told_not_raised(full_home: Path) -> None:
    file = full_home / "catalogue.sqlite3"
    content = bytearray(file.read_bytes())
    at = content.index(b"tallest tower") // 4096 * 4096
    content[at : at + 64] = b"\xff" * 64
    file.write_bytes(content)
    with Home.open(full_home) as home:
        assert home.catalogue.problems() != []
