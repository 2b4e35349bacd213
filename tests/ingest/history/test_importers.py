"""Every kind of file: what is read of it, and that a damaged one never ends in another error than ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.errors import UsageError
from shortlist.ingest.history.importer import IMPORTERS, Part
from shortlist.ingest.history.read import History, read_history
from tests.ingest.history.samples import DATABASES, TEXTS, write

AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
DAY = AT.replace(hour=0, minute=0, second=0)
LABELS = [*DATABASES, *TEXTS]
A, B, C = (f"https://example.org/{name}" for name in "abc")
VIDEO, OTHER = (f"https://www.youtube.com/watch?v={letter * 11}" for letter in "ab")
ARTICLE = "https://lwn.net/Articles/1234/?id=7"
CHANNEL = f"https://www.youtube.com/channel/UC{'a' * 22}"


def read(label: str, folder: Path) -> History:
    history = read_history([str(write(label, folder))])
    assert list(history.formats) == [label]
    return history


# What is read: verb, address or else title, time.
READ: dict[str, set[tuple[str, str, datetime | None]]] = {
    "bookmarks (HTML)": {("save", "https://example.org/a?page=2", AT), ("save", VIDEO, AT)},
    "Pocket": {("read", A, AT), ("save", B, AT)},
    "Instapaper": {("like", A, None), ("read", B, None), ("save", C, None)},
    "Readwise Reader": {("read", A, AT)},
    "Raindrop": {("like", A, AT)},
    "Matter": {("read", A, AT)},
    "mymind": {("save", B, AT)},
    "Goodreads": {
        ("read", "Harbours (Ana Lee)", DAY), ("like", "Harbours (Ana Lee)", DAY), ("save", "Ferries (Cy)", DAY),
        ("read", "Bricks (Ben)", datetime(2023, 1, 1, tzinfo=UTC)),
        ("dislike", "Bricks (Ben)", datetime(2023, 1, 1, tzinfo=UTC)),
    },
    "list of links (wallabag, Omnivore, Pinboard)": {("read", A, AT), ("like", A, AT), ("save", B, AT)},
    "Karakeep": {("read", A, AT)},
    "Linkwarden": {("save", A, AT)},
    "bookmarks of a browser (JSON)": {("save", A, AT)},
    "OPML": set(),
    "FreeTube": {("watch", VIDEO, AT)},
    "NewPipe": {("watch", VIDEO, AT), ("save", OTHER, None), ("search", "ferries", AT)},
    "NewPipe subscriptions": set(),
    "Invidious": {("watch", VIDEO, None), ("save", OTHER, None)},
    "LibreTube": {("watch", VIDEO, None), ("save", OTHER, None), ("search", "ferries", None)},
    "TikTok (JSON)": {
        ("watch", "https://www.tiktokv.com/share/video/7301", AT), ("search", "ferries", AT),
        ("like", "https://www.tiktokv.com/share/video/7302", AT),
    },
    "TikTok (text)": {("watch", "https://www.tiktokv.com/share/video/7301", AT)},
    "Netflix viewing activity": {("watch", "Harbour: Two", AT)},
    "Netflix viewing history": {
        ("watch", 'Harbour: Season 1: "Two"', DAY), ("watch", "Ferries", datetime(2023, 10, 11, tzinfo=UTC)),
    },
    "Netflix ratings": {("like", "Harbour", AT), ("dislike", "Bricks", AT)},
    "Instagram": {("watch", "https://www.instagram.com/reel/Abc", AT)},
    "Jellyfin": {
        ("watch", "The last ferry", AT.replace(microsecond=123456)), ("watch", "Harbour: Two", None),
        ("like", "The last ferry", AT.replace(microsecond=123456)),
    },
    "Jellyfin (JSON)": {("watch", "The last ferry", AT.replace(microsecond=123456))},
    "Plex": {("watch", "Harbour: Two", AT), ("like", "The last ferry", AT)},
    "yt-dlp (info.json)": {("save", VIDEO, AT)},
    "yt-dlp archive": {("save", VIDEO, None)},
    "Firefox history": {("watch", VIDEO, AT.replace(minute=14, second=20))},
    **{
        label: set()
        for label in (
            "Chromium history", "Safari history", "qutebrowser history", "Firefox history (old Android)",
            "ActivityWatch", "Chrome history (Takeout)",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("label", LABELS)
def test_what_is_read(label: str, tmp_path: Path) -> None:
    history = read(label, tmp_path)
    assert {(act.verb, act.url or act.title, act.at) for act in history.acts} == READ[label]


def test_every_importer_has_a_sample() -> None:
    assert {one.label for one in IMPORTERS.values()} - set(LABELS) == {
        "YouTube history (JSON)", "YouTube history (HTML)", "YouTube subscriptions", "YouTube playlist",
        "YouTube likes (JSON)", "table of links",
    }  # fmt: skip


@pytest.mark.parametrize(
    "label",
    ["Firefox history (old Android)", "Chromium history", "Safari history", "qutebrowser history", "ActivityWatch"],
)
def test_an_article_of_a_browser_waits_for_approval(label: str, tmp_path: Path) -> None:
    history = read(label, tmp_path)
    assert history.domains == {"lwn.net": 1}
    history.choose({"lwn.net"})
    act = history.acts[0]
    assert (act.verb, act.url, act.at, history.domains) == ("read", ARTICLE, AT, {})


def test_what_of_a_browser_is_never_taken(tmp_path: Path) -> None:
    history = read("Firefox history", tmp_path)
    assert history.domains == {"lwn.net": 1, "example.org": 1}
    assert history.acts[0].title == "Night trains of Europe"
    assert {what.split()[-1]: number for what, number in history.left_out.items()} == {
        "page": 1, "searches": 1, "network": 1,
    }  # fmt: skip
    history.choose(set())
    assert (len(history.acts), history.left_out["pages of domains that were not approved"]) == (1, 2)


def test_the_database_of_a_browser_is_not_changed(tmp_path: Path) -> None:
    path = write("Firefox history", tmp_path)
    before, names = path.read_bytes(), sorted(tmp_path.iterdir())
    read_history([str(path)])
    assert (path.read_bytes(), sorted(tmp_path.iterdir())) == (before, names)


def test_how_long_it_was_watched(tmp_path: Path) -> None:
    for label in ("FreeTube", "NewPipe", "LibreTube"):
        act = next(act for act in read(label, tmp_path).acts if act.verb == "watch")
        assert (act.seconds, act.length_s, act.title, act.channel) == (60.0, 100.0, "Night trains", "Rail")
    assert read("Netflix viewing activity", tmp_path).acts[0].seconds == 1200.0
    history = read("ActivityWatch", tmp_path)
    assert history.pages["lwn.net"][0].seconds == 45.5
    assert history.left_out["pages of private windows"] == 1


@pytest.mark.parametrize("label", ["OPML", "NewPipe", "NewPipe subscriptions", "Invidious", "LibreTube"])
def test_channels(label: str, tmp_path: Path) -> None:
    assert [channel.url for channel in read(label, tmp_path).channels] == [CHANNEL]


def test_the_text_that_an_export_has(tmp_path: Path) -> None:
    history = read("list of links (wallabag, Omnivore, Pinboard)", tmp_path)
    assert {act.text for act in history.acts if act.url == A} == {"Of sleeping cars."}
    assert read("Instagram", tmp_path).acts[0].channel == "café"


def test_the_acts_of_one_of_several_persons(tmp_path: Path) -> None:
    history = read("Jellyfin", tmp_path)
    assert history.persons == ("ana", "ben")
    history.keep_person("ben")
    assert ([act.title for act in history.acts], history.persons) == (["Harbour: Two"], ())
    with pytest.raises(UsageError, match="unknown person"):
        read_history([str(tmp_path / "history.sqlite")]).keep_person("cy")


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["12/11/2023", "11/10/2023"], None),  # both orders are possible, and both fall
        (["11/09/2023", "11/10/2023"], None),
        (["05/11/2023", "04/12/2023", "01/01/2023"], (2023, 5, 11)),  # days first would rise
        (["12.11.23", "11.10.23"], (2023, 11, 12)),
        (["2023-11-12", "2023-10-11"], (2023, 11, 12)),
        (["10/31/23", "10/11/23"], (2023, 10, 31)),
    ],
)
def test_dates_are_settled_by_their_column(
    dates: list[str], expected: tuple[int, int, int] | None, tmp_path: Path
) -> None:
    path = tmp_path / "history.csv"
    path.write_text("Title,Date\n" + "".join(f'"Film {n}","{date}"\n' for n, date in enumerate(dates)))
    if expected is None:
        with pytest.raises(UsageError, match=r"dates with two meanings.*--dates day"):
            read_history([str(path)])
        assert read_history([str(path)], day_first=True).acts
    else:
        assert read_history([str(path)]).acts[0].at == datetime(*expected, tzinfo=UTC)


def damaged(text: str) -> Iterator[str]:
    """Yield the text cut off in several places, and with each value of its JSON replaced by one of another type."""
    yield from (text[: len(text) * eighth // 8] for eighth in range(1, 8))
    try:
        document = json.loads(text)
    except ValueError:
        yield text.replace("1700000000", "1e999").replace("2023", "20230")
        yield text.replace("a", "\0")
        return
    for value in (None, 1e300, -1, "x", [], {}, [None], True):
        yield json.dumps(_replaced(document, value))


def _replaced(node: Any, value: Any) -> Any:
    if isinstance(node, dict):
        return {name: _replaced(child, value) for name, child in node.items()}
    if isinstance(node, list):
        return [value, *(_replaced(child, value) for child in node)]
    return value


@pytest.mark.parametrize("label", TEXTS)
def test_a_damaged_text_is_read_or_refused(label: str, tmp_path: Path) -> None:
    importer = next(one for one in IMPORTERS.values() if one.label == label)
    path = tmp_path / "export.txt"
    for text in damaged(TEXTS[label]):
        path.write_text(text, encoding="utf-8")
        outcome = _outcome(importer.read, path)
        assert isinstance(outcome, list) or "expected" in str(outcome), text


@pytest.mark.parametrize("label", DATABASES)
def test_a_damaged_database_is_read_or_refused(label: str, tmp_path: Path) -> None:
    importer = next(one for one in IMPORTERS.values() if one.label == label)
    path = write(label, tmp_path)
    data = path.read_bytes()
    for start in range(100, len(data), len(data) // 12):
        path.write_bytes(data[:start] + b"\xff" * 300 + data[start + 300 :])
        outcome = _outcome(importer.read, path)
        assert isinstance(outcome, list) or "expected" in str(outcome)


def _outcome(reading: Any, path: Path) -> list[Any] | UsageError:
    try:
        return list(reading(Part(path.name, path)))
    except UsageError as error:
        return error
