"""What is read of a Google Takeout, in JSON and HTML, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shortlist.ingest.history.page_times import page_time
from shortlist.ingest.history.read import History, read_history
from shortlist.ingest.history.takeout import without_verb
from tests.ingest.history.takeout_exports import WATCH, archive, cell, page, watched

Write = Callable[[str, str | bytes], Path]
HEAD = "Playlist ID,Channel ID,Time Created,Title\nPL1,UC1,2015-01-01 00:00:00 UTC,Later\n\nVideo Id,Time Added\n"
SUBSCRIBED = "http://www.youtube.com/channel/UCabcdefghijklmnopqrstuv"


def read(*paths: Path) -> History:
    return read_history(map(str, paths))


def test_each_kind_of_entry_is_what_it_is(text_file: Write) -> None:
    records = [
        watched(1),
        watched(2, titleUrl=f"{WATCH}ad000000001", details=[{"name": "Von Google Anzeigen"}]),
        watched(3, titleUrl=None),
        watched(4, titleUrl=WATCH),
        watched(5, title=f"Watched {WATCH}video000005", titleUrl=f"{WATCH}video000005"),
        watched(6, titleUrl="https://www.youtube.com/post/abc"),
        watched(7, titleUrl="https://music.youtube.com/watch?v=song0000001", header="YouTube Music"),
        watched(8, title="Searched for night trains", titleUrl="https://www.youtube.com/results?search_query=night+trains"),
        watched(9, titleUrl="https://m.youtube.com/shorts/short000001"),
        watched(10, title="Liked Title 10"),
        watched(11, time="long ago"),
        watched(12, time="1879-01-01T00:00:00Z"),
        [],
    ]  # fmt: skip
    history = read(text_file("a.json", json.dumps(records)))
    assert history.counts == {"watches": 2, "likes": 1, "searches": 1}
    assert history.shorts == 0.5
    assert sum(history.left_out.values()) == 9
    assert history.left_out["advertisements"] == 1
    assert history.left_out["removed or private videos"] == 3
    assert history.left_out["entries of YouTube Music"] == 1
    assert history.left_out["entries that are no videos"] == 1
    titles = {act.title for act in history.acts}
    assert titles == {"Title 1", "night trains", "Title 9", "Title 10"}
    assert history.acts[-1].channel == "Channel 1"


def test_the_same_life_as_json_and_as_a_page_counts_once(text_file: Write) -> None:
    data = text_file("b.json", json.dumps([watched(1), watched(2, "2019-07-01T08:00:00.5Z")]))
    html = page(
        cell("Title 1", f"{WATCH}video000001", "Channel 1", "Mar 8, 2024, 5:14:40\u202fPM UTC"),
        cell("Title 2", f"{WATCH}video000002", "Channel 2", "Jul 1, 2019, 8:00:00 AM UTC"),
        cell("Title & 3", f"{WATCH}video000003", "Channel 0", "Jul 2, 2019, 8:00:00 AM UTC"),
        cell(
            "Ad", f"{WATCH}video000004", "", "Jul 2, 2019, 8:00:00 AM UTC", "<b>Details:</b><br>&emsp;From Google Ads"
        ),
        cell("a post", "", "", "Jul 2, 2019, 8:00:00 AM UTC"),
    )
    history = read(data, text_file("b.html", html))
    assert (history.counts, history.repeated) == ({"watches": 3}, 2)
    assert dict(history.left_out) == {"advertisements": 1, "removed or private videos": 1}
    assert "Title & 3" in [act.title for act in history.acts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mar 8, 2018, 5:14:40 PM", datetime(2018, 3, 8, 17, 14, 40, tzinfo=UTC)),
        ("Jan 15, 2021, 6:54:12 PM BST", datetime(2021, 1, 15, 18, 54, 12, tzinfo=UTC)),  # exported in summer
        ("Jul 15, 2021, 6:54:12 PM GMT", datetime(2021, 7, 15, 17, 54, 12, tzinfo=UTC)),  # exported in winter
        ("15 Jan 2021, 18:54:12 CET", datetime(2021, 1, 15, 17, 54, 12, tzinfo=UTC)),
        ("15.01.2021, 18:54:12 MEZ", datetime(2021, 1, 15, 17, 54, 12, tzinfo=UTC)),
        ("2021-01-15 18:54:12 GMT+05:30", datetime(2021, 1, 15, 13, 24, 12, tzinfo=UTC)),
        ("Jan 15, 2021, 12:00:00 AM EST", datetime(2021, 1, 15, 5, 0, tzinfo=UTC)),
        ("il 15 gennaio 2021", None),
        ("Feb 31, 2021, 1:00:00 PM UTC", None),
    ],
)
def test_times_on_pages(text: str, expected: datetime | None) -> None:
    assert page_time(text) == expected


@pytest.mark.parametrize(
    "title",
    [
        "Watched Moon",
        "Moon angesehen",
        "Je hebt naar Moon gekeken",
        "Moon を視聴しました",
        "Vous avez regardé Moon",
        "Moon",
    ],
)
def test_titles_lose_the_verb_of_any_language(title: str) -> None:
    assert without_verb(title) == "Moon"


def test_playlists_in_both_layouts_and_subscriptions(text_file: Write) -> None:
    old = text_file("Liked videos.csv", f"\ufeff{HEAD}abcdefghijk,2016-02-03 04:05:06 UTC\r\n".encode())
    new = text_file("Später ansehen.csv", "Video-ID,Zeitstempel\n lmnopqrstuv,2024-02-03T04:05:06+00:00\n\n")
    follows = text_file("abos.csv", f"Kanal-ID,Kanal-URL,Kanaltitel\n{SUBSCRIBED[-24:]},{SUBSCRIBED}/,Orbit\n,,\n")
    history = read(old, new, follows)
    assert history.counts == {"likes": 1, "saves": 1}
    assert [(one.name, one.url) for one in history.channels] == [("Orbit", SUBSCRIBED.replace("http:", "https:"))]
    assert [act.at for act in history.acts][1] == datetime(2016, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_a_zip_is_read_as_it_was_downloaded(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "takeout.zip",
        {
            "Takeout/YouTube und YouTube Music/Verlauf/Wiedergabeverlauf.json": [watched(n) for n in range(5)],
            "Takeout/YouTube und YouTube Music/Abos/Abos.csv": f"Kanal-ID,a,b\n{SUBSCRIBED[-24:]},{SUBSCRIBED},Orbit\n",
            "Takeout/archive_browser.html": "<html>An index of files</html>",
            "../../outside.json": [watched(9)],
            "Takeout/YouTube/videos/mine.mp4": b"\0" * 1000,
        },
    )
    history = read(path)
    assert (history.counts, len(history.channels)) == ({"watches": 6}, 1)
    assert history.unknown == ["Takeout/archive_browser.html"]
    assert not (tmp_path.parent / "outside.json").exists()
    assert sorted(tmp_path.iterdir()) == [path]


def test_since_and_order(text_file: Write) -> None:
    path = text_file("a.json", json.dumps([watched(1, "2020-01-01T00:00:00Z"), watched(2, "2024-01-01T00:00:00Z")]))
    history = read_history([str(path)], datetime(2023, 1, 1, tzinfo=UTC))
    assert [act.title for act in history.acts] == ["Title 2"]
    assert history.left_out["entries before 2023-01-01"] == 1
