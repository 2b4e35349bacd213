"""Following feeds of a real server: what is stored, what is asked again, and what strangers cannot do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from shortlist.core.config_sections.ingest import IngestConfig, MediaConfig
from shortlist.core.errors import HomeLocked, UsageError
from shortlist.ingest.feeds import fetch
from shortlist.ingest.feeds.following import Follow, read_following
from shortlist.ingest.feeds.sync import Synced, changing_following, sync
from shortlist.store.home import Home
from tests.media_server import MediaServer, content, first, media_server, redirect, status

LOCAL = MediaConfig(allow_private=True, pause_s=0)
Sync = Callable[..., Synced]


@pytest.fixture
def server() -> Iterator[MediaServer]:
    with media_server() as running:
        yield running


class Clock:
    """A clock that is moved by hand."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def look(home: Home, encoder: Any, config: IngestConfig, clock: Clock) -> Sync:
    """Follow addresses, and sync."""

    def run(*addresses: str, media: MediaConfig = LOCAL, now: tuple[str, ...] = ()) -> Synced:
        with changing_following(home) as follows:
            for address in addresses:
                follows.setdefault(address, Follow(address))
        return sync(home, lambda: encoder, config, media, now, clock)

    return run


def item(name: str, seconds: str = "42", date: str = "Wed, 04 Nov 2026 10:00:00") -> str:
    return (
        f"<item><title>How {name} rises</title><link>https://example.org/{name}</link><description>&lt;p&gt;About "
        f"{name}&lt;/p&gt;</description><enclosure url='https://example.org/{name}.mp4' type='video/mp4'/>"
        f"<pubDate>{date}</pubDate><itunes:duration>{seconds}</itunes:duration></item>"
    )


def rss(*items: str, head: str = "") -> bytes:
    itunes = "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'"
    return f"{head}<rss {itunes}><channel><title>Oven</title>{''.join(items)}</channel></rss>".encode()


def titles(home: Home) -> set[str]:
    return {video.title for _, video in home.catalogue.videos.iterate()}


def test_an_entry_is_a_video_at_once_and_nothing_is_downloaded(home: Home, look: Sync, server: MediaServer) -> None:
    server.replies["/a.rss"] = content(rss(item("bread")))
    assert look(f"{server.url}/a.rss").new == 1
    [(_, video)] = home.catalogue.videos.iterate()
    assert (video.title, video.channel, video.url) == ("How bread rises", "Oven", "https://example.org/bread")
    assert (video.description, video.duration_s) == ("About bread", 42.0)
    assert video.published is not None
    assert video.published.isoformat() == "2026-11-04T10:00:00+00:00"  # no zone is UTC
    assert server.asked.keys() == {"/a.rss"}


def test_a_feed_that_has_not_changed_is_not_sent_again(home: Home, look: Sync, server: MediaServer) -> None:
    whole = content(rss(item("bread")), headers={"ETag": '"1"', "Last-Modified": "Wed, 04 Nov 2026 10:00:00 GMT"})

    def reply(handler: BaseHTTPRequestHandler) -> None:
        (status(304) if handler.headers.get("If-None-Match") == '"1"' else whole)(handler)

    server.replies["/a.rss"] = reply
    assert (look(f"{server.url}/a.rss").new, look()) == (1, Synced(asked=1, unchanged=1))


def test_one_video_in_three_feeds_is_one_record(home: Home, look: Sync, server: MediaServer) -> None:
    atom = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>B</title><entry><title>How bread rises</title>"
        "<link href='https://example.org/bread'/><link rel='enclosure' type='video/mp4' href='https://example.org/b'/>"
        "</entry></feed>"
    )
    json = (
        b'{"title": "C", "items": [{"title": "How bread rises", "url": "https://example.org/bread/",'
        b' "attachments": [{"url": "https://example.org/b", "mime_type": "video/mp4"}]}, {"title": "A post"}]}'
    )
    server.replies |= {"/a": content(rss(item("bread"))), "/b": content(atom.encode()), "/c": content(json)}
    synced = look(*(f"{server.url}/{name}" for name in "abc"))
    assert (synced.new, synced.without_video, synced.failures) == (1, 1, ())


def test_what_was_removed_or_too_long_does_not_come_back(home: Home, look: Sync, server: MediaServer) -> None:
    server.replies["/a"] = content(rss(item("bread"), item("cake", "1:00:00")))
    assert (look(f"{server.url}/a").new, titles(home)) == (1, {"How bread rises"})
    with home.writing("removing"):
        home.catalogue.videos.remove(home.catalogue.videos.ids())
    assert (look().new, look().too_long, titles(home)) == (0, 0, set())


@pytest.mark.parametrize("code", [404, 410, 500, 503])
def test_a_spell_of_errors_never_unfollows(
    home: Home, look: Sync, server: MediaServer, clock: Clock, code: int
) -> None:
    server.replies["/a"] = first(status(code), status(code), content(rss(item("bread"))))
    [(_, reason)] = look(f"{server.url}/a").failures
    assert f"HTTP {code}" in reason
    assert look().waiting == 1  # not at once
    clock.now += 1_200
    assert len(look().failures) == 1
    clock.now += 1_200
    assert look().waiting == 1  # twice as long after the second
    clock.now += 1_200
    assert look().new == 1
    assert read_following(home.path)[f"{server.url}/a"].failures == 0


def test_a_named_feed_is_asked_at_once(look: Sync, server: MediaServer) -> None:
    server.replies |= {"/a": first(status(500), content(rss(item("bread")))), "/b": content(rss(item("cake")))}
    look(f"{server.url}/a", f"{server.url}/b")
    assert look(now=(f"{server.url}/a",)) == Synced(asked=1, new=1)
    with pytest.raises(UsageError, match="not followed"):
        look(now=("https://example.org/c",))


def test_retry_after_holds_for_the_whole_host(look: Sync, server: MediaServer, clock: Clock) -> None:
    def busy(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(429)
        handler.send_header("Retry-After", "40")
        handler.end_headers()

    server.replies |= {"/a": first(busy, content(rss(item("bread")))), "/b": content(rss(item("cake")))}
    synced = look(f"{server.url}/a", f"{server.url}/b")
    assert (len(synced.failures), synced.waiting, server.asked["/b"]) == (1, 1, 0)
    clock.now += 41
    assert look().new == 2


def test_private_addresses_are_refused(look: Sync, server: MediaServer) -> None:
    server.replies |= {"/a": content(rss(item("bread"))), "/moved": redirect(f"{server.url}/a")}
    assert "private" in look(f"{server.url}/moved", media=MediaConfig(pause_s=0)).failures[0][1]
    assert not server.asked


def test_a_moved_feed_is_followed(look: Sync, server: MediaServer) -> None:
    server.replies |= {"/a": content(rss(item("bread"))), "/moved": redirect(f"{server.url}/a")}
    assert look(f"{server.url}/moved").new == 1


BOMB = "<!DOCTYPE rss [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (rss(item("bread"), head=BOMB), "entities"),
        (b"<a>" * 100, "in each other"),
        (b"<html><body></body></html>", "<html>"),
        (b"<rss><channel>", "well-formed"),
        (b"", "well-formed"),
        (b"{" + b'"a":[' * 100_000, "JSON"),
        (b"{}", "items"),
    ],
    ids=["bomb", "deep", "page", "cut", "empty", "deep json", "no items"],
)
def test_what_is_no_feed_says_so_and_the_others_go_on(
    look: Sync, server: MediaServer, data: bytes, reason: str
) -> None:
    server.replies |= {"/bad": content(data), "/good": content(rss(item("bread")))}
    synced = look(f"{server.url}/bad", f"{server.url}/good")
    assert (synced.new, len(synced.failures)) == (1, 1)
    assert reason in synced.failures[0][1]


def test_one_bad_entry_is_named_and_the_others_are_stored(home: Home, look: Sync, server: MediaServer) -> None:
    entry = '{"title": "%s", "url": "https://example.org/%s", "attachments": [{"mime_type": "video/mp4"}]}'
    rows = ", ".join((entry % ("Half \\ud800", "bad"), entry % ("Whole", "good")))
    server.replies["/a"] = content(f'{{"items": [{rows}]}}'.encode())
    synced = look(f"{server.url}/a")
    assert (synced.new, titles(home)) == (1, {"Whole"})
    assert [address for address, _ in synced.failures] == ["https://example.org/bad"]


def test_a_feed_over_the_bound_is_not_read_to_its_end(look: Sync, server: MediaServer) -> None:
    server.replies["/a"] = content(rss("<item><title>" + "x" * (fetch.MAX_BYTES + 100_000) + "</title></item>"))
    assert "8 MB" in look(f"{server.url}/a").failures[0][1]


def test_text_in_another_encoding_than_it_says(home: Home, look: Sync, server: MediaServer) -> None:
    text = rss(item("Brötchen"), head="<?xml version='1.0' encoding='utf-8'?>").decode().encode("cp1252")
    server.replies["/a"] = content(text)
    assert look(f"{server.url}/a").failures == ()
    assert titles(home) == {"How Brötchen rises"}


def test_the_second_of_two_syncs_says_so(home: Home, look: Sync) -> None:
    with changing_following(home), pytest.raises(HomeLocked, match="another process"):
        look()
