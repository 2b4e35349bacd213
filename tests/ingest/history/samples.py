"""A small file of each kind that can be imported, as the schemas of the services describe them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

MICROSECONDS = 1_700_000_000_000_000  # 2023-11-14T22:13:20Z since 1970
FROM_1601 = 11_644_473_600_000_000
YOUTUBE = "https://www.youtube.com/watch?v="
ARTICLE = ("https://lwn.net/Articles/1234/?utm_source=feed&id=7#comments", "How the kernel schedules your work")


def database(path: Path, script: str, rows: Mapping[str, Iterable[tuple[Any, ...]]]) -> Path:
    """Write a database: its tables, and the rows of each."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
        for table, values in rows.items():
            for row in values:
                connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
        connection.commit()
    return path


def firefox(path: Path) -> Path:
    """Two visits of an article within a minute, a video, a bank, a router, and a bookmark."""
    pages = [
        (1, *ARTICLE), (2, f"{YOUTUBE}aaaaaaaaaaa&t=30s", "(3) Night trains of Europe - YouTube"),
        (3, "https://www.examplebank.com/account/1", "Your account at a glance today"),
        (4, "http://192.168.1.1/status", "The state of your router now"),
        (5, "https://example.org/saved", "An essay that is worth keeping"),
    ]  # fmt: skip
    visits = [(n, page, MICROSECONDS + n * 20_000_000) for n, page in enumerate((1, 1, 2, 3, 4), 1)]
    return database(
        path,
        """CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT, title TEXT);
        CREATE TABLE moz_historyvisits (id INTEGER PRIMARY KEY, place_id INTEGER, visit_date INTEGER);
        CREATE TABLE moz_bookmarks (id INTEGER, type INTEGER, fk INTEGER, title TEXT, dateAdded INTEGER);""",
        {
            "moz_places": pages, "moz_historyvisits": visits,
            "moz_bookmarks": [(1, 2, None, "folder", MICROSECONDS), (2, 1, 5, None, MICROSECONDS)],
        },
    )  # fmt: skip


def chromium(path: Path) -> Path:
    """An article that was open for a minute, one that was open for five seconds, and a search."""
    urls = [
        (1, *ARTICLE), (2, "https://example.org/brief", "A page that was left at once"),
        (3, "https://www.google.com/search?q=secret", "secret words in a search engine - Google Search"),
    ]  # fmt: skip
    at = MICROSECONDS + FROM_1601
    return database(
        path,
        """CREATE TABLE urls (id INTEGER PRIMARY KEY, url TEXT, title TEXT);
        CREATE TABLE visits (id INTEGER PRIMARY KEY, url INTEGER, visit_time INTEGER, visit_duration INTEGER);
        CREATE TABLE keyword_search_terms (term TEXT);""",
        {"urls": urls, "visits": [(1, 1, at, 60_000_000), (2, 2, at, 5_000_000), (3, 3, at, 60_000_000)]},
    )


def safari(path: Path) -> Path:
    """An article."""
    return database(
        path,
        """CREATE TABLE history_items (id INTEGER PRIMARY KEY, url TEXT);
        CREATE TABLE history_visits (id INTEGER PRIMARY KEY, history_item INTEGER, visit_time REAL, title TEXT);""",
        {"history_items": [(1, ARTICLE[0])], "history_visits": [(1, 1, 1_700_000_000 - 978_307_200.0, ARTICLE[1])]},
    )


def qutebrowser(path: Path) -> Path:
    """An article."""
    return database(
        path,
        """CREATE TABLE History (url TEXT, title TEXT, atime INTEGER, redirect INTEGER);
        CREATE TABLE CompletionMetaInfo (key TEXT, value TEXT);""",
        {"History": [(*ARTICLE, 1_700_000_000, 0)]},
    )


def fennec(path: Path) -> Path:
    """An article, with its time in milliseconds."""
    return database(
        path,
        """CREATE TABLE history (_id INTEGER PRIMARY KEY, title TEXT, url TEXT, guid TEXT);
        CREATE TABLE visits (_id INTEGER PRIMARY KEY, history_guid TEXT, date INTEGER);
        CREATE TABLE searchhistory (_id INTEGER PRIMARY KEY, query TEXT);""",
        {"history": [(1, ARTICLE[1], ARTICLE[0], "g")], "visits": [(1, "g", MICROSECONDS // 1000)]},
    )


def newpipe(path: Path) -> Path:
    """A video that was watched for a minute, one of a playlist, a channel and a search."""
    return database(
        path,
        """CREATE TABLE streams (uid INTEGER PRIMARY KEY, service_id INTEGER, url TEXT, title TEXT, stream_type TEXT,
            duration INTEGER, uploader TEXT);
        CREATE TABLE stream_history (stream_id INTEGER, access_date INTEGER, repeat_count INTEGER);
        CREATE TABLE stream_state (stream_id INTEGER, progress_time INTEGER);
        CREATE TABLE subscriptions (uid INTEGER PRIMARY KEY, service_id INTEGER, url TEXT, name TEXT);
        CREATE TABLE playlist_stream_join (playlist_id INTEGER, stream_id INTEGER, join_index INTEGER);
        CREATE TABLE search_history (creation_date INTEGER, service_id INTEGER, search TEXT, id INTEGER);""",
        {
            "streams": [
                (1, 0, f"{YOUTUBE}aaaaaaaaaaa", "Night trains", "VIDEO_STREAM", 100, "Rail"),
                (2, 0, f"{YOUTUBE}bbbbbbbbbbb", "Brick batteries", "VIDEO_STREAM", 50, "Volt"),
            ],
            "stream_history": [(1, MICROSECONDS // 1000, 2)], "stream_state": [(1, 60_000)],
            "subscriptions": [(1, 0, "https://www.youtube.com/channel/UC" + "a" * 22, "Rail")],
            "playlist_stream_join": [(1, 1, 0), (1, 2, 1)], "search_history": [(MICROSECONDS // 1000, 0, "ferries", 1)],
        },
    )  # fmt: skip


def jellyfin(path: Path) -> Path:
    """What two people watched."""
    ticks = 10_000_000
    return database(
        path,
        """CREATE TABLE BaseItems (Id TEXT, Name TEXT, SeriesName TEXT, RunTimeTicks INTEGER, Overview TEXT,
            MediaType TEXT);
        CREATE TABLE UserData (ItemId TEXT, UserId TEXT, Played INTEGER, PlaybackPositionTicks INTEGER,
            IsFavorite INTEGER, LastPlayedDate TEXT);
        CREATE TABLE Users (Id TEXT, Username TEXT);""",
        {
            "BaseItems": [
                ("1", "The last ferry", None, 100 * ticks, "Of a harbour.", "Video"),
                ("2", "Two", "Harbour", 10, "", "Video"),
                ("3", "A song", None, 10, "", "Audio"),
            ],
            "UserData": [
                ("1", "u", 1, 0, 1, "2023-11-14 22:13:20.1234567"), ("2", "v", 0, 5 * ticks, 0, None),
                ("3", "u", 1, 0, 0, None),
            ],
            "Users": [("u", "ana"), ("v", "ben")],
        },
    )  # fmt: skip


def plex(path: Path) -> Path:
    """An episode that was seen, a song, and the stars of a film."""
    return database(
        path,
        """CREATE TABLE metadata_item_views (title TEXT, grandparent_title TEXT, viewed_at INTEGER, account_id INTEGER,
            metadata_type INTEGER);
        CREATE TABLE metadata_items (id INTEGER, guid TEXT, title TEXT, parent_id INTEGER, metadata_type INTEGER);
        CREATE TABLE metadata_item_settings (guid TEXT, rating REAL, account_id INTEGER, updated_at INTEGER);
        CREATE TABLE accounts (id INTEGER, name TEXT);""",
        {
            "metadata_item_views": [("Two", "Harbour", 1_700_000_000, 1, 4), ("A song", None, 1_700_000_000, 1, 10)],
            "metadata_items": [(1, "g", "The last ferry", None, 1)],
            "metadata_item_settings": [("g", 9.0, 1, 1_700_000_000)], "accounts": [(1, "ana")],
        },
    )  # fmt: skip


DATABASES: Mapping[str, Callable[[Path], Path]] = {
    "Firefox history": firefox, "Chromium history": chromium, "Safari history": safari,
    "qutebrowser history": qutebrowser, "Firefox history (old Android)": fennec, "NewPipe": newpipe,
    "Jellyfin": jellyfin, "Plex": plex,
}  # fmt: skip

BOOKMARKS = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8"><TITLE>Bookmarks</TITLE><H1>Bookmarks</H1>
<DL><p><DT><H3 ADD_DATE="1700000000">Trains</H3><DL><p>
<DT><A HREF="https://example.org/a?utm_source=x&amp;page=2" ADD_DATE="1700000000">Night trains &amp; ferries</A>
<DT><A HREF="https://www.youtube.com/watch?v=aaaaaaaaaaa" ADD_DATE="1700000000000000">A video</A>
<DT><A HREF="javascript:alert(1)" ADD_DATE="1700000000">A bookmarklet</A>
<DT><A HREF="https://example.org/feed" FEEDURL="https://example.org/feed">A live bookmark</A>
</DL><p></DL><p>
"""
POCKET_PAGE = """<!DOCTYPE html>
<html><head><title>Pocket Export</title></head><body><h1>Unread</h1><ul>
<li><a href="https://example.org/a" time_added="1700000000" tags="x">To read</a></li></ul>
<h1>Read Archive</h1><ul><li><a href="https://example.org/b" time_added="1700000000" tags="">Was read</a></li></ul>
</body></html>"""
VIDEO = {"videoId": "aaaaaaaaaaa", "title": "Night trains", "author": "Rail", "lengthSeconds": 100}
FREETUBE = "\n".join(
    json.dumps(row)
    for row in (
        {**VIDEO, "watchProgress": 5, "timeWatched": 1, "_id": "1"},
        {**VIDEO, "watchProgress": 60, "timeWatched": 1_700_000_000_000, "_id": "1"},
        {**VIDEO, "videoId": "bbbbbbbbbbb", "watchProgress": 0, "timeWatched": 1_700_000_000_000, "_id": "2"},
        {"$$deleted": True, "_id": "2"},
    )
)
TEXTS: Mapping[str, str] = {
    "bookmarks (HTML)": BOOKMARKS,
    "Pocket": "title,url,time_added,tags,status\nNight trains,https://example.org/a,1700000000,rail|x,archive\n"
    "Ferries,https://example.org/b,1700000000,,unread\n",
    "Instapaper": "URL,Title,Selection,Folder\nhttps://example.org/a,Night trains,,Starred\n"
    "https://example.org/b,Ferries,,Archive\nhttps://example.org/c,\"Bricks, hot\",,Unread\n",
    "Readwise Reader": "Title,URL,ID,Document tags,Saved date,Reading progress,Location,Seen\n"
    "Night trains,https://example.org/a,1,\"['x']\",2023-11-14 22:13:20+00:00,0.95,later,\n"
    "Ferries,https://example.org/b,2,,2023-11-14 22:13:20+00:00,0,feed,\n",
    "Raindrop": "id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\n1,Night trains,,Of sleeping cars.,https://example.org/a,a/b,,2023-11-14T22:13:20.000Z,,,true\n",
    "Matter": "Title,Author,Publisher,URL,Tags,Word Count,In Queue,Favorited,Read,Last Interaction Date,"
    "File Id\nNight trains,Ana,Rail,https://example.org/a,x;y,900,False,False,True,2023-11-14 22:13:20,1\n",
    "mymind": "id,type,title,url,content,note,tags,created\n1,WebPage,Ferries,https://example.org/b,,,x,"
    "2023-11-14T22:13:20Z\n2,Note,,,,,,2023-11-14T22:13:20Z\n",
    "Goodreads": "Book Id,Title,Author,ISBN,My Rating,Exclusive Shelf,Date Read,Date Added\n"
    '1,Harbours,Ana Lee,="0123456789",5,read,2023/11/14,2023/01/01\n2,Bricks,Ben,="",2,read,,2023/01/01\n'
    '3,Ferries,Cy,="",0,to-read,,2023/11/14\n',
    "list of links (wallabag, Omnivore, Pinboard)": json.dumps([
        {
            "title": "Night trains", "url": "https://example.org/a", "is_archived": 1, "is_starred": 1,
            "content": "<p>Of <b>sleeping</b> cars.</p>", "created_at": "2023-11-14T22:13:20+0000",
        },
        {"title": "Ferries", "url": "https://example.org/b", "state": "Unread", "savedAt": "2023-11-14T22:13:20.000Z"},
    ]),
    "Karakeep": json.dumps({"bookmarks": [
        {
            "title": "Night trains", "createdAt": 1_700_000_000, "archived": True, "tags": [],
            "content": {"type": "link", "url": "https://example.org/a"},
        },
        {"title": None, "createdAt": 1_700_000_000, "tags": [], "content": {"type": "text", "text": "a note"}},
    ]}),
    "Linkwarden": json.dumps({"collections": [{"links": [
        {"name": "Night trains", "url": "https://example.org/a", "createdAt": "2023-11-14T22:13:20.000Z", "tags": []}
    ]}]}),
    "bookmarks of a browser (JSON)": json.dumps({"roots": {"bookmark_bar": {"children": [{
        "date_added": str(MICROSECONDS + FROM_1601), "name": "Night trains", "type": "url", "url": "https://example.org/a",
    }]}}}),
    "OPML": '<?xml version="1.0"?><opml version="2.0"><body><outline text="x"><outline text="Rail" type="rss" '
    f'xmlUrl="https://www.youtube.com/feeds/videos.xml?channel_id=UC{"a" * 22}"/></outline></body></opml>',
    "FreeTube": FREETUBE,
    "NewPipe subscriptions": json.dumps({"app_version": "0.27", "subscriptions": [
        {"service_id": 0, "url": f"https://www.youtube.com/channel/UC{'a' * 22}", "name": "Rail"}
    ]}),
    "Invidious": json.dumps({
        "subscriptions": [f"UC{'a' * 22}"], "watch_history": ["aaaaaaaaaaa"], "preferences": {},
        "playlists": [{"title": "x", "videos": ["bbbbbbbbbbb"]}],
    }),
    "LibreTube": json.dumps({
        "watchHistory": [{"videoId": "aaaaaaaaaaa", "title": "Night trains", "uploader": "Rail", "duration": 100}],
        "watchPositions": [{"videoId": "aaaaaaaaaaa", "position": 60_000}], "searchHistory": [{"query": "ferries"}],
        "localSubscriptions": [{"channelId": f"UC{'a' * 22}", "name": "Rail"}],
        "localPlaylists": [{"playlist": {"name": "x"}, "videos": [{"videoId": "bbbbbbbbbbb", "title": "Bricks"}]}],
    }),
    "TikTok (JSON)": json.dumps({
        "Your Activity": {
            "Watch History": {"VideoList": [
                {"Date": "2023-11-14 22:13:20", "Link": "https://www.tiktokv.com/share/video/7301/"},
                {"Date": "2023-11-14 22:13:20", "Link": "N/A"},
            ]},
            "Searches": {"SearchList": [{"Date": "2023-11-14 22:13:20", "SearchTerm": "ferries"}]},
        },
        "Likes and Favorites": {"Like List": {"ItemFavoriteList": [
            {"date": "2023-11-14 22:13:20", "link": "https://www.tiktokv.com/share/video/7302/"}
        ]}},
        "Profile And Settings": {"Following": {"Following": [{"Date": "2023-11-14 22:13:20", "UserName": "rail"}]}},
    }),
    "TikTok (text)": "Date: 2023-11-14 22:13:20 UTC\nLink: https://www.tiktokv.com/share/video/7301/\n\n",
    "Netflix viewing activity": "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,"
    "Bookmark,Latest Bookmark,Country\nana,2023-11-14 22:13:20,00:20:00,,Harbour: Two,,TV,00:20:00,00:20:00,DE\n"
    "ana,2023-11-14 22:13:20,00:00:30,,Trailer: Harbour,TRAILER,TV,00:20:00,,DE\n",
    "Netflix viewing history": 'Title,Date\n"Harbour: Season 1: ""Two""","14/11/23"\n"Ferries","11/10/23"\n',
    "Netflix ratings": "Profile Name,Title Name,Rating Type,Star Value,Thumbs Value,Device Model,Event Utc Ts\n"
    "ana,Harbour,thumb,,2,,2023-11-14 22:13:20\nana,Bricks,thumb,,1,,2023-11-14 22:13:20\n",
    "Instagram": json.dumps({"impressions_history_videos_watched": [{"string_map_data": {
        "Author": {"value": "caf\u00c3\u00a9"}, "Time": {"timestamp": 1_700_000_000},
        "URL": {"value": "https://www.instagram.com/reel/Abc/"},
    }}]}),
    "ActivityWatch": json.dumps({"buckets": {"aw-watcher-web-firefox": {"type": "web.tab.current", "events": [
        {"timestamp": "2023-11-14T22:13:20Z", "duration": 20, "data": {"url": ARTICLE[0], "title": ARTICLE[1]}},
        {"timestamp": "2023-11-14T22:13:40Z", "duration": 25.5, "data": {"url": ARTICLE[0], "title": ARTICLE[1]}},
        {
            "timestamp": "2023-11-14T22:15:00Z", "duration": 99,
            "data": {"url": "https://example.org/secret", "title": "A page of a private window", "incognito": True},
        },
    ]}}}),
    "Jellyfin (JSON)": json.dumps({"Items": [{
        "Name": "The last ferry", "RunTimeTicks": 1_000_000_000, "MediaType": "Video",
        "UserData": {"Played": True, "PlaybackPositionTicks": 0, "LastPlayedDate": "2023-11-14T22:13:20.1234567Z"},
    }]}),
    "yt-dlp (info.json)": json.dumps({
        "id": "aaaaaaaaaaa", "title": "Night trains", "channel": "Rail", "duration": 100, "epoch": 1_700_000_000,
        "webpage_url": f"{YOUTUBE}aaaaaaaaaaa", "extractor_key": "Youtube", "ext": "mp4", "description": "Of cars.",
        "_version": {"version": "2026.1"}, "_type": "video",
    }),
    "yt-dlp archive": "youtube aaaaaaaaaaa\nvimeo 1234\n",
    "Chrome history (Takeout)": json.dumps({"Browser History": [
        {"title": ARTICLE[1], "url": ARTICLE[0], "time_usec": MICROSECONDS, "page_transition": "LINK"}
    ]}),
}  # fmt: skip


def write(label: str, folder: Path) -> Path:
    """Write the sample of a kind."""
    if label in DATABASES:
        return DATABASES[label](folder / "history.sqlite")
    path = folder / "export.txt"
    path.write_text(TEXTS[label], encoding="utf-8")
    return path
