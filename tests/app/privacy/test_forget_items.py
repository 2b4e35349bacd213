"""Videos and articles are forgotten: no file of the home holds them, and its index is that of a home without them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shortlist.app.privacy.forget import Forgotten, forget
from shortlist.core.config import Config, StoreConfig
from shortlist.core.errors import UnknownItem
from shortlist.core.exposures import Exposure, ShownItem
from shortlist.core.ranking import Request
from shortlist.core.types import Article, Attributed, Event, Segment, Transcript, Video
from shortlist.ingest.media.media_file import download_name
from shortlist.retrieval.index.indexer import load_snapshot, update_index
from shortlist.retrieval.trained.versions import Trained, promote, versions, write_version
from shortlist.store.backups.backup import back_up, list_backups
from shortlist.store.catalogue.erasure.subject import Subject
from shortlist.store.home import Home
from shortlist.store.home_files import CHAT_HISTORY
from shortlist.store.outbox import deliver
from tests.app.privacy.test_forget import kill_at, raw
from tests.conftest import HashEncoder

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
ADDRESS = "https://videos.example/watch?v=secret-clip"
VIDEO, ARTICLE = Subject("video", "video-number-03"), Subject("article", "article-number-02")


def video(at: int) -> Video:
    spoken = Transcript((Segment(f"spoken sentence {at:02} about zebra{at:02}", 0.0, 5.0),), "en", "captions")
    name = f"video-number-{at:02}"
    return Video(name, f"Video about topic {at:02}", "the channel", f"https://v.example/{at:02}", transcript=spoken)


def article(at: int) -> Article:
    return Article(f"article-number-{at:02}", f"Article about theme {at:02}", f"The body of article {at:02} is here.")


def words_of(at: int) -> list[str]:
    """Everything by which the third video or second article could be recognised."""
    return [f"video-number-{at:02}", f"topic {at:02}", f"sentence {at:02}", f"https://v.example/{at:02}"]


def fill(path: Path, videos: Sequence[int], articles: Sequence[int]) -> None:
    """A home with videos and articles in every table and file that may hold one."""
    encoder = HashEncoder()
    with Home.open(path, encoder.name) as home:
        catalogue = home.catalogue
        with home.writing():
            catalogue.videos.put([video(at) for at in videos])
            catalogue.articles.put([article(at) for at in articles])
            deliver(home, lambda: encoder)
            update_index(home, lambda: encoder)
        seen = [Event("ann", video(at).id, "video", "view", NOW + timedelta(minutes=at)) for at in videos]
        read = [Event("ann", article(at).id, "article", "view", NOW + timedelta(hours=at)) for at in articles]
        catalogue.events.add([*seen, *read])
        items = tuple(ShownItem(video(at).id, rank, 1 / rank) for rank, at in enumerate(videos, start=1))
        catalogue.exposures.put([Exposure("list of all", NOW, Request("ann"), items, 1, 1, "none", "settings")])
        catalogue.tastes.put("ann", Attributed("Likes zebras", "model"), ["zebra"], 6)
        for at in videos:
            catalogue.steps.put(video(at).id, "enrich", "done")
            home.pictures.put(video(at).id, b"picture")
            shown = [{"video_id": video(at).id, "title": video(at).title, "rank": 1}]
            catalogue.threads.add("chat", {"message": "more?", "reply": "Yes.", "recommendations": shown})
        load_snapshot(home)


def add_traces(path: Path) -> None:
    """Add a second list, a download, typed lines, and a trained model."""
    (path / CHAT_HISTORY).write_text(f"+more like {VIDEO.id}\n")
    (path / "media").mkdir()
    (path / "media" / f"{download_name(ADDRESS)}.mp4").write_bytes(b"moving pictures")
    with Home.open(path) as home:
        like = Request("ann", like=VIDEO.id, wish="like that")
        shown = (ShownItem("video-number-01", 1, 1.0),)
        home.catalogue.exposures.put([Exposure("like that", NOW, like, shown, 1, 1, "none", "settings")])
        home.catalogue.locations.put(ADDRESS, "", VIDEO.id)
        home.catalogue.steps.put(ADDRESS, "download", "done")
    for name in ("one", "two"):
        write_version(path, Trained(name), {"towers": [], "ranker": None, "weights": {}, "plan": None})
    promote(path, "two", "a test")


def run(path: Path, items: list[Subject], **more: Any) -> Forgotten:
    with Home.open(path) as home:
        return forget(home, Config(home=path), items, **more)


def index_of(path: Path) -> list[Any]:
    with Home.open(path) as home:
        snapshot = load_snapshot(home)
        parts = [(part.segment.ids, part.segment.vectors.tobytes(), part.dead.tolist()) for part in snapshot.parts]
        postings = [part.segment.postings for part in snapshot.parts]
        links = snapshot.links
        return [
            [(list(ids), *rest) for ids, *rest in parts],
            [(one.keys.tobytes(), one.rows.tobytes(), one.counts.tobytes()) for one in postings],
            (links.ids, links.forward.data.tobytes(), links.watched.tobytes()),
            dict(snapshot.popular),
        ]


def assert_gone(path: Path) -> None:
    content = raw(path)
    for text in (*words_of(3), ARTICLE.id, "theme 02", "body of article 02", ADDRESS):
        for encoding in ("utf-8", "utf-16-le", "utf-32-le"):
            assert text.encode(encoding) not in content, text


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "home"
    fill(path, range(6), range(4))
    add_traces(path)
    return path


@pytest.fixture
def path(filled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "home")


def test_no_file_holds_a_forgotten_item(path: Path, tmp_path: Path) -> None:
    done = run(path, [VIDEO, ARTICLE], prove=True)
    assert done.proved, done.receipt["proof"]
    assert_gone(path)
    assert not list((path / "media").iterdir())
    erased = {one["kind"]: one["erased"] for one in done.receipt["items"]}
    assert erased["video"] == {
        "tastes": 1, "events": 1, "messages": 1, "features": 0, "locations": 1, "exposures": 2, "steps": 2, "videos": 1,
    }  # fmt: skip
    assert erased["article"]["events"] == 1
    assert (done.receipt["downloads"], versions(path)) == (1, ["two"])
    with Home.open(path) as home:
        deliver(home, HashEncoder)
        assert len(home.documents.ids()) == 5 + 3
    fill(tmp_path / "without", [0, 1, 2, 4, 5], [0, 1, 3])
    assert index_of(path) == index_of(tmp_path / "without")
    with Home.open(path) as home:
        (left,) = home.catalogue.exposures.iterate()
        assert [item.rank for item in left.items] == [1, 2, 3, 5, 6]
        assert len(home.catalogue.threads.get("chat")) == 5
        assert home.pictures.get(VIDEO.id) is None
        assert home.pictures.get("video-number-01")
    with pytest.raises(UnknownItem):
        run(path, [VIDEO])


@pytest.mark.integration
def test_an_item_is_forgotten_after_kills(path: Path) -> None:
    work, killed = partial(run, path, [VIDEO, ARTICLE]), 0
    for calls in (1500, 4000, 9000):
        killed += kill_at(work, calls)
    with Home.open(path) as home:
        unfinished = home.catalogue.erasures.is_unfinished()
    assert killed
    run(path, [] if unfinished else [VIDEO, ARTICLE])
    assert_gone(path)


@pytest.mark.parametrize("treatment", ["rewrite", "delete"])
def test_backups_are_cleaned_of_an_item(path: Path, treatment: Any) -> None:
    back_up(path, path / "backups")
    run(path, [VIDEO, ARTICLE], backups=treatment)
    assert_gone(path)
    assert len(list_backups(path / "backups")) == (treatment == "rewrite")


def test_chroma_is_emptied_if_it_holds_remains_of_a_reader(path: Path) -> None:
    with Home.open(path) as home:
        home.catalogue.events.add([Event("somebody-known", "video-number-01", "video", "view", NOW)])
        home.catalogue.events.add([Event("somebody-else", "video-number-01", "video", "view", NOW)])
    assert run(path, [Subject("reader", "somebody-else")]).receipt["chroma_emptied"] is False
    (path / "chroma" / "remains.bin").write_bytes(b"\0somebody-known\0")
    assert run(path, [Subject("reader", "somebody-known")], prove=True).proved


def test_an_article_with_the_id_of_a_video_stays(path: Path) -> None:
    with Home.open(path) as home, home.writing():
        home.catalogue.articles.put([Article(VIDEO.id, "Another thing", "of the other kind")])
        home.catalogue.events.add([Event("bob", VIDEO.id, "article", "view", NOW)])
    assert run(path, [VIDEO], prove=True).receipt["proof"]["traces"] == []
    with Home.open(path) as home:
        assert home.catalogue.articles.get_many([VIDEO.id])
        assert len(home.catalogue.events.newest(["bob"], 9)["bob"]) == 1


def test_a_proof_finds_what_was_left_of_a_video(path: Path) -> None:
    (path / "notes.txt").write_text("spoken sentence 03 about zebra03")
    proof = run(path, [VIDEO], prove=True).receipt["proof"]
    assert (proof["holds"], proof["traces"]) == (False, ["notes.txt"])


def test_a_catalogue_on_a_server_forgets_items_and_keeps_the_tombstone(tmp_path: Path, servers: StoreConfig) -> None:
    with Home.open(tmp_path / "home", "hash-32", servers) as home:
        with home.writing():
            home.catalogue.videos.put([video(at) for at in (3, 4)])
            home.catalogue.articles.put([article(at) for at in (2, 3)])
            deliver(home, HashEncoder)
        home.catalogue.events.add([Event("ann", one, "video", "view", NOW) for one in (VIDEO.id, "video-number-04")])
        items = (ShownItem(VIDEO.id, 1, 0.5), ShownItem("video-number-04", 2, 0.4))
        home.catalogue.exposures.put([Exposure("list", NOW, Request("ann"), items, 1, 1, "none", "settings")])
        home.catalogue.threads.add("chat", {"message": f"why {VIDEO.id}?", "reply": "Because."})
        done = forget(home, Config(home=tmp_path / "home", store=servers), [VIDEO, ARTICLE], prove=True)
        assert done.proved, done.receipt["proof"]
        assert home.catalogue.videos.ids() == ["video-number-04"]
        assert home.catalogue.articles.ids() == ["article-number-03"]
        assert [item.item_id for one in home.catalogue.exposures.iterate() for item in one.items] == ["video-number-04"]
        assert home.catalogue.threads.get("chat") == []
        assert [removed for _, removed in home.catalogue.videos.iterate_removed()] == [VIDEO.id]
        assert any("tombstones" in place for place in done.receipt["outside"])
