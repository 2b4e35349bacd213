"""Chroma follows the catalogue, whatever happened to either."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.core.errors import HomeDamaged, HomeVersion
from shortlist.core.types import Article, Video
from shortlist.store.home import Home
from shortlist.store.outbox import deliver, pending

pytestmark = pytest.mark.integration

MakeVideo = Callable[..., Video]
Encoder = Any  # the class of the fixture lives in a conftest


def put(home: Home, *videos: Video) -> None:
    with home.writing():
        home.catalogue.videos.put(videos)


def never() -> Encoder:
    raise AssertionError("the encoder was loaded for nothing")


def test_a_new_home_has_nothing_pending(home: Home) -> None:
    assert pending(home) == 0
    assert deliver(home, never) == 0
    assert home.documents.count() == 0


def test_delivery(home: Home, make_video: MakeVideo, hash_encoder: Encoder) -> None:
    put(home, make_video("a", "Apples.", summary="On apples.", channel="Fruit"), make_video("b", "Berries."))
    with home.writing():
        home.catalogue.articles.put([Article("n", "News", "Body.", "World", datetime(2026, 1, 1, tzinfo=UTC))])
    seen: list[int] = []
    assert pending(home) == 3
    assert deliver(home, lambda: hash_encoder, seen.append) == 3
    assert (pending(home), sum(seen)) == (0, 3)
    assert home.documents.ids() == ["article:n", "summary:a", "transcript:a", "transcript:b"]
    expected = hash_encoder.encode(["About a\nApples. Good bye.", "About b\nBerries. Good bye."])
    vectors = home.documents.vectors("transcript", ["a", "b"])
    assert vectors["a"].dtype == np.float32
    np.testing.assert_allclose([vectors["a"], vectors["b"]], expected, atol=1e-6)
    assert home.documents.get_metadata(["summary:a", "article:n"]) == {
        "summary:a": {
            "kind": "video", "facet": "summary", "item_id": "a", "title": "About a", "channel": "Fruit", "revision": 1,
            "text_sha": home.documents.get_metadata(["summary:a"])["summary:a"]["text_sha"],
        },
        "article:n": {
            "kind": "article", "facet": "article", "item_id": "n", "title": "News", "category": "World",
            "published": 1767225600.0, "revision": 2,
            "text_sha": home.documents.get_metadata(["article:n"])["article:n"]["text_sha"],
        },
    }  # fmt: skip


def test_only_changed_texts_are_encoded(home: Home, make_video: MakeVideo, hash_encoder: Encoder) -> None:
    put(home, *(make_video(name, summary="Sum.") for name in "abc"))
    deliver(home, lambda: hash_encoder)
    assert len(hash_encoder.texts) == 6
    put(home, make_video("a", "New words.", summary="Sum."), make_video("b", summary="Sum.", channel="New"))
    assert pending(home) == 2
    assert deliver(home, lambda: hash_encoder) == 2
    assert hash_encoder.texts[6:] == ["About a\nNew words. Good bye."]
    assert home.documents.get_metadata(["transcript:b"])["transcript:b"]["channel"] == "New"
    put(home, make_video("b", summary="Sum."))
    deliver(home, never)
    assert "channel" not in home.documents.get_metadata(["transcript:b"])["transcript:b"]


def test_what_is_gone_is_deleted(home: Home, make_video: MakeVideo, hash_encoder: Encoder) -> None:
    put(home, make_video("a", summary="Sum."), make_video("b", summary="Sum."), make_video("c"))
    deliver(home, lambda: hash_encoder)
    put(home, make_video("a"))
    with home.writing():
        home.catalogue.videos.remove(["b"])
    assert deliver(home, never) == 2
    assert home.documents.ids() == ["transcript:a", "transcript:c"]
    put(home, make_video("b"))
    deliver(home, never)
    assert home.documents.ids() == ["transcript:a", "transcript:b", "transcript:c"]


def test_more_records_than_a_batch_under_one_revision(home: Home, hash_encoder: Encoder) -> None:
    put(home, *(Video(f"v{number}", f"Title {number}") for number in range(600)))
    assert deliver(home, lambda: hash_encoder) == 600
    assert home.documents.count() == 600
    assert deliver(home, never) == 0


def test_a_failing_encoder_loses_nothing(home: Home, make_video: MakeVideo, hash_encoder: Encoder) -> None:
    put(home, make_video("a"))
    with pytest.raises(ZeroDivisionError):
        deliver(home, lambda: 1 / 0)
    assert pending(home) == 1
    assert deliver(home, lambda: hash_encoder) == 1


def test_the_wrong_encoder_is_refused(home: Home, make_video: MakeVideo, hash_encoder: Encoder) -> None:
    hash_encoder.name = "other"
    put(home, make_video("a"))
    with pytest.raises(HomeVersion, match="rebuild --encoder other"):
        deliver(home, lambda: hash_encoder)


def test_a_change_of_encoder_encodes_everything_again(home: Home, make_video: MakeVideo, hash_encoder: Encoder) -> None:
    put(home, make_video("a", summary="Sum."))
    deliver(home, lambda: hash_encoder)
    home.change_encoder("other")
    assert pending(home) == 1
    hash_encoder.name = "other"
    deliver(home, lambda: hash_encoder)
    assert len(hash_encoder.texts) == 4
    assert set(home.documents.vectors("transcript", ["a", "nobody"])) == {"a"}


@pytest.mark.in_files
def test_vectors_of_the_encoder_before_are_not_handed_out(delivered: Home) -> None:
    delivered.change_encoder("other")
    with pytest.raises(HomeDamaged, match="shortlist doctor rebuild"):
        delivered.documents.vectors("transcript", ["a"])


@pytest.fixture
def delivered(home: Home, make_video: MakeVideo, hash_encoder: Encoder) -> Home:
    put(home, make_video("a", summary="Sum."), make_video("b"))
    deliver(home, lambda: hash_encoder)
    return home


def check_mended(home: Home) -> None:
    """Everything is there again, and nothing had to be encoded."""
    assert deliver(home, never) == 2
    assert home.documents.ids() == ["summary:a", "transcript:a", "transcript:b"]
    assert pending(home) == 0


@pytest.mark.in_files
def test_a_wiped_chroma_folder_is_filled_again(delivered: Home) -> None:
    shutil.rmtree(delivered.path / "chroma")
    assert pending(delivered) == 2
    check_mended(delivered)


@pytest.mark.in_files
def test_the_chroma_folder_of_another_home_is_replaced(
    delivered: Home, make_video: MakeVideo, hash_encoder: Encoder, tmp_path: Path
) -> None:
    with Home.open(tmp_path / "other", "hash-32") as other:
        put(other, make_video("x"))
        deliver(other, lambda: hash_encoder)
        shutil.rmtree(other.path / "chroma")
        shutil.copytree(delivered.path / "chroma", other.path / "chroma")
        with pytest.raises(HomeDamaged, match="shortlist doctor rebuild"):
            other.documents.count()
        assert deliver(other, never) == 1
        assert other.documents.ids() == ["transcript:x"]


def test_a_crash_between_the_two_notes_is_repaired(delivered: Home) -> None:
    delivered.catalogue.set_delivered(0)
    check_mended(delivered)


def test_documents_that_are_missing_or_too_many_are_noticed(delivered: Home) -> None:
    delivered.documents.delete(["transcript:b"])
    assert deliver(delivered, never) == 2
    assert delivered.documents.count() == 3


@pytest.mark.in_files
def test_a_process_that_died_with_chroma_open_is_repaired_unasked(delivered: Home) -> None:
    (delivered.path / "chroma" / "seal.json").unlink()
    assert pending(delivered) == 2
    check_mended(delivered)


@pytest.mark.in_files
def test_an_older_catalogue_put_back_is_followed(
    delivered: Home, make_video: MakeVideo, hash_encoder: Encoder, tmp_path: Path
) -> None:
    delivered._database.copy_to(tmp_path / "backup.sqlite3")
    put(delivered, make_video("c"), make_video("a", "Other words."))
    deliver(delivered, lambda: hash_encoder)
    delivered.close()
    for rest in delivered.path.glob("catalogue.sqlite3-*"):
        rest.unlink()
    shutil.copy(tmp_path / "backup.sqlite3", delivered.path / "catalogue.sqlite3")
    with Home.open(delivered.path) as home:
        deliver(home, never)
        assert home.documents.ids() == ["summary:a", "transcript:a", "transcript:b"]
        (old,) = hash_encoder.encode(["About a\nHello there. Good bye."])
        np.testing.assert_allclose(home.documents.vectors("transcript", ["a"])["a"], old, atol=1e-6)


@pytest.mark.in_files
@pytest.mark.parametrize("pattern", ["chroma.sqlite3", "seal.json", "*/data_level0.bin", "*/header.bin"])
def test_one_flipped_byte_in_chroma_is_named_with_the_command_that_mends_it(delivered: Home, pattern: str) -> None:
    (file,) = (delivered.path / "chroma").glob(pattern)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x10
    file.write_bytes(content)
    for _ in range(2):
        with pytest.raises(HomeDamaged, match="shortlist doctor rebuild") as caught:
            delivered.documents.count()
        assert "\n" not in str(caught.value)
    delivered.documents.reset()
    check_mended(delivered)


@pytest.mark.in_files
def test_an_unreadable_chroma_without_a_seal_is_rebuilt(delivered: Home) -> None:
    (delivered.path / "chroma" / "seal.json").unlink()
    (delivered.path / "chroma" / "chroma.sqlite3").write_bytes(b"rubbish " * 1000)
    with pytest.raises(HomeDamaged, match="shortlist doctor rebuild"):
        delivered.documents.ids()
    check_mended(delivered)
