"""Downloads by real yt-dlp from a real server, well-behaved and not."""

from __future__ import annotations

import gzip
import os
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from yt_dlp.networking.exceptions import TransportError

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.errors import UsageError
from shortlist.ingest.load import IngestResult
from shortlist.ingest.media.choose_source import source_of
from shortlist.ingest.media.error_messages import error_from
from shortlist.ingest.media.network_guard import MAX_UNPACKED, GuardedYoutubeDL, is_public
from shortlist.ingest.media.source import Fetched, Item, MediaFilter, Skipped
from shortlist.ingest.tables.rows import Failure
from shortlist.store.home import Home
from tests.ingest.media.test_frame import image, pixels
from tests.media_server import MediaServer, content, cut_off, first, redirect, silence, status
from tests.recordings import record, tone

pytestmark = pytest.mark.servers

Ingest = Callable[..., IngestResult]
Clip = Callable[..., bytes]


def page(*names: str) -> bytes:
    videos = "".join(f'<video src="{name}"></video>' for name in names)
    return f"<html><title>How bread rises</title><body>{videos}</body></html>".encode()


def feed(server: MediaServer, *items: tuple[str, str, str, int]) -> bytes:
    """An RSS feed of (name, title, day, seconds)."""
    rows = "".join(
        f"<item><title>{title}</title><enclosure url='{server.url}/{name}' type='video/mp4'/><guid>{name}</guid>"
        f"<description>About {title}</description><pubDate>{day} 10:00:00 GMT</pubDate>"
        f"<itunes:duration>{seconds}</itunes:duration></item>"
        for name, title, day, seconds in items
    )
    space = "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'"
    return (
        f"<?xml version='1.0'?><rss version='2.0' {space}><channel><title>Feed</title>{rows}</channel></rss>".encode()
    )


def serve(server: MediaServer, **files: bytes) -> None:
    for name, data in files.items():
        kind = {"rss": "application/rss+xml", "html": "text/html"}.get(name.rsplit("_", 1)[1], "video/mp4")
        server.replies["/" + name.replace("_", ".")] = content(data, kind)


def videos(home: Home) -> dict[str, Any]:
    return {video.title: video for _, video in home.catalogue.videos.iterate()}


def test_a_media_file_behind_an_address(home: Home, ingest: Ingest, server: MediaServer, clip: Clip) -> None:
    serve(server, bread_mp4=clip())
    address = f"{server.url}/bread.mp4"
    assert ingest(address).new == 1
    [video] = videos(home).values()
    assert (video.id[:7], video.title, video.url) == ("sha256:", "bread", address)
    assert home.catalogue.locations.of_video(video.id) == [address]
    assert list((home.path / "media").iterdir()) == []  # removed once transcribed
    asked = server.asked["/bread.mp4"]
    assert ingest(address).unchanged == 1
    assert server.asked["/bread.mp4"] == asked + 1  # looked at, not fetched


def test_a_page_with_one_video_and_one_with_two(home: Home, ingest: Ingest, server: MediaServer, clip: Clip) -> None:
    serve(server, one_html=page("a.mp4"), two_html=page("b.mp4", "c.mp4"))
    serve(server, a_mp4=clip(300), b_mp4=clip(400), c_mp4=clip(500))
    assert ingest(f"{server.url}/one.html", f"{server.url}/two.html").new == 3
    assert videos(home).keys() == {"How bread rises (1)", "How bread rises (2)"}
    assert ingest(f"{server.url}/one.html", f"{server.url}/two.html").unchanged == 3


def test_captions_of_a_page_spare_the_speech_model(
    home: Home, ingest: Ingest, server: MediaServer, clip: Clip, scribe: Any
) -> None:
    track = '<track kind="captions" srclang="en" src="a.vtt">'
    serve(server, a_html=f'<html><title>Bread</title><video src="a.mp4">{track}</video></html>'.encode(), a_mp4=clip())
    server.replies["/a.vtt"] = content(b"WEBVTT\n\n00:00.000 --> 00:01.000\nDough wants time.\n", "text/vtt")
    assert ingest(f"{server.url}/a.html").new == 1
    [video] = videos(home).values()
    assert (video.transcript.text, video.transcript.origin) == ("Dough wants time.", "captions")
    assert scribe.heard == []
    assert list((home.path / "media").iterdir()) == []


def test_the_picture_of_a_page_is_kept_and_a_broken_one_is_no_failure(
    home: Home, ingest: Ingest, server: MediaServer, clip: Clip
) -> None:
    for name, picture in (("a", image(1280, 720)), ("b", b"<svg/>")):
        serve(server, **{f"{name}_mp4": clip(300 if name == "a" else 400)})
        video = f'<html><title>{name}</title><body><video poster="{name}.png" src="{name}.mp4"></video></body></html>'
        serve(server, **{f"{name}_html": video.encode()})
        server.replies[f"/{name}.png"] = content(picture, "image/png")
    assert ingest(f"{server.url}/a.html", f"{server.url}/b.html").new == 2
    located = {name: home.catalogue.locations.get(f"{server.url}/{name}.html") for name in "ab"}
    kept = {name: home.pictures.get(found.video_id) for name, found in located.items() if found}
    assert kept["b"] is None
    assert kept["a"] is not None
    assert pixels(kept["a"].read_bytes()).shape == (360, 640, 3)


def test_cookies_of_a_browser_open_what_is_closed(
    ingest: Ingest, server: MediaServer, clip: Clip, media: MediaConfig, tmp_path: Path
) -> None:
    whole, closed = content(clip()), status(403)
    server.replies["/a.mp4"] = lambda handler: (whole if handler.headers.get("Cookie") == "session=abc" else closed)(
        handler
    )
    file = tmp_path / "cookies.txt"
    file.write_text("# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t2147483647\tsession\tabc\n")
    assert "--cookies" in ingest(f"{server.url}/a.mp4").failures[0].reason
    assert ingest(f"{server.url}/a.mp4", media=media.model_copy(update={"cookies": file})).new == 1


def test_a_feed_gives_the_newest_shorts(home: Home, ingest: Ingest, server: MediaServer, clip: Clip) -> None:
    rss = feed(
        server,
        ("old.mp4", "Old", "Mon, 02 Nov 2026", 1),
        ("new.mp4", "New", "Wed, 04 Nov 2026", 1),
        ("long.mp4", "Long", "Thu, 05 Nov 2026", 600),
        ("mid.mp4", "Mid", "Tue, 03 Nov 2026", 1),
    )
    serve(server, feed_rss=rss, old_mp4=clip(300), new_mp4=clip(400), mid_mp4=clip(500))
    loaded = ingest(f"{server.url}/feed.rss", media_filter=MediaFilter(limit=2))
    assert (loaded.new, loaded.failures) == (2, ())
    assert videos(home).keys() == {"New", "Mid"}
    new = videos(home)["New"]
    assert (new.published, new.description) == (datetime(2026, 11, 4, 10, tzinfo=UTC), "About New")
    assert server.asked["/long.mp4"] == server.asked["/old.mp4"] == 0
    assert loaded.notes[-1].code == "passed-over"
    after = ingest(
        f"{server.url}/feed.rss", media_filter=MediaFilter(published_after=datetime(2026, 11, 3, tzinfo=UTC))
    )
    assert (after.new, after.unchanged) == (0, 2)
    asked = server.asked["/new.mp4"]
    assert ingest(f"{server.url}/feed.rss").new == 1  # only what is new is fetched
    assert server.asked["/new.mp4"] == asked


def test_a_video_longer_than_its_feed_says_is_passed_over(
    home: Home, ingest: Ingest, server: MediaServer, clip: Clip
) -> None:
    serve(server, a_mp4=clip(440, 3.0))
    loaded = ingest(f"{server.url}/a.mp4", media_filter=MediaFilter(max_duration_s=2))
    assert (loaded.new, loaded.failures) == (0, ())
    assert home.catalogue.steps.counts()["download"] == {"skipped": 1}
    assert list((home.path / "media").iterdir()) == []


def test_a_server_that_is_busy_twice_is_asked_again(
    home: Home, ingest: Ingest, server: MediaServer, clip: Clip
) -> None:
    for code in (429, 503):
        server.replies[f"/{code}.mp4"] = first(status(code), status(code), content(clip(code)))
    loaded = ingest(f"{server.url}/429.mp4", f"{server.url}/503.mp4")
    assert (loaded.new, loaded.failures) == (2, ())


def test_every_failure_is_named_and_the_rest_goes_on(
    home: Home, ingest: Ingest, server: MediaServer, clip: Clip
) -> None:
    release = threading.Event()
    serve(server, good_mp4=clip(), text_html=b"<html><title>No video here</title></html>", fake_mp4=b"no video " * 99)
    server.replies |= {"/busy.mp4": status(429), "/ill.mp4": status(503), "/slow.mp4": silence(release)}
    server.replies |= {"/closed.mp4": status(403)}
    names = ("gone.mp4", "busy.mp4", "ill.mp4", "closed.mp4", "text.html", "fake.mp4", "good.mp4")
    media = MediaConfig(allow_private=True, pause_s=0, retries=1, backoff_s=0.01, timeout_s=20)
    loaded = ingest(*(f"{server.url}/{name}" for name in names), media=media)
    assert loaded.new == 1
    slow = ingest(f"{server.url}/slow.mp4", media=media.model_copy(update={"timeout_s": 0.3}))
    release.set()
    found = {failure.where.rsplit("/", 1)[1]: failure.reason for failure in (*loaded.failures, *slow.failures)}
    expected = {
        "gone.mp4": "nothing at this address",
        "busy.mp4": "limits requests",
        "ill.mp4": "a server error",
        "slow.mp4": "did not respond in time",
        "closed.mp4": "needs a login",
        "text.html": "a page without a video",
        "fake.mp4": "a media file that is whole",
    }
    assert found.keys() == expected.keys()
    assert {name for name, words in expected.items() if words not in found[name]} == set()


def test_a_download_that_is_cut_off_goes_on_where_it_stopped(
    home: Home, ingest: Ingest, server: MediaServer, clip: Clip
) -> None:
    data = clip(440, 20.0)
    server.replies["/a.mp4"] = cut_off(data, len(data) // 2)
    loaded = ingest(f"{server.url}/a.mp4")
    assert (loaded.new, loaded.failures) == (1, ())
    [video] = videos(home).values()
    assert video.duration_s == pytest.approx(20, abs=0.2)


def test_a_server_in_trouble_is_asked_no_more_often_than_configured(
    ingest: Ingest, server: MediaServer, clip: Clip, media: MediaConfig
) -> None:
    server.replies["/a.mp4"] = first(content(clip()), status(503))  # seen, then not to be had
    assert "a server error" in ingest(f"{server.url}/a.mp4").failures[0].reason
    assert server.asked["/a.mp4"] == 1 + 1 + media.retries


def test_a_stream_that_lost_a_piece_is_a_failure(
    home: Home, ingest: Ingest, server: MediaServer, tmp_path: Path
) -> None:
    for n in (1, 2):
        server.replies[f"/{n}.ts"] = content(record(tmp_path / f"{n}.ts", [tone(1)]).read_bytes(), "video/mp2t")
    pieces = "".join(f"#EXTINF:1.0,\n{n}.ts\n" for n in (1, 2))
    head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n"
    playlist = f"{head}{pieces}#EXT-X-ENDLIST\n".encode()
    server.replies["/bread.m3u8"] = content(playlist, "application/vnd.apple.mpegurl")
    whole = server.replies["/2.ts"]
    server.replies["/2.ts"] = status(404)
    assert "nothing at this address" in ingest(f"{server.url}/bread.m3u8").failures[0].reason
    server.replies["/2.ts"] = whole
    assert ingest(f"{server.url}/bread.m3u8").new == 1
    assert server.asked["/1.ts"] == 1  # what was had is not fetched again


def test_a_video_of_youtube_has_one_location_however_it_is_listed(media: MediaConfig) -> None:
    from shortlist.ingest.media.urls import _location

    listed = {"_type": "url", "ie_key": "Youtube", "id": "aB3-_xYz012"}
    for address in ("https://www.youtube.com/shorts/aB3-_xYz012", "https://www.youtube.com/watch?v=aB3-_xYz012&list=x"):
        assert _location({**listed, "url": address}, address) == "https://www.youtube.com/watch?v=aB3-_xYz012"


def test_a_download_larger_than_allowed_is_stopped_and_leaves_nothing(
    home: Home, ingest: Ingest, server: MediaServer, clip: Clip, media: MediaConfig
) -> None:
    serve(server, a_mp4=clip(440, 20.0))
    loaded = ingest(f"{server.url}/a.mp4", media=media.model_copy(update={"max_bytes": 10_000}))
    assert "too large" in loaded.failures[0].reason
    assert list((home.path / "media").iterdir()) == []


def test_private_addresses_are_refused_however_they_are_reached(
    ingest: Ingest, server: MediaServer, clip: Clip, media: MediaConfig
) -> None:
    serve(server, a_mp4=clip())
    guarded = media.model_copy(update={"allow_private": False, "retries": 0})
    port = server.url.rsplit(":", 1)[1]
    for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"):
        loaded = ingest(f"http://{host}:{port}/a.mp4", media=guarded)
        assert "a private or loopback address" in loaded.failures[0].reason, host
        assert "--allow-private" in loaded.failures[0].reason
    assert server.asked["/a.mp4"] == 0


def test_a_redirect_to_a_private_address_is_refused(server: MediaServer, clip: Clip) -> None:
    serve(server, secret_mp4=clip())
    port = server.url.rsplit(":", 1)[1]
    server.replies["/a.mp4"] = redirect(f"http://127.0.0.2:{port}/secret.mp4")
    # The address of the server is allowed. The redirect leads to another loopback address, which is not.
    with (
        GuardedYoutubeDL({"quiet": True}, lambda address: address == "127.0.0.1" or is_public(address)) as client,
        pytest.raises(TransportError) as refused,
    ):
        client.urlopen(f"{server.url}/a.mp4")
    assert "a private or loopback address: 127.0.0.2" in str(error_from(server.url, refused.value))
    assert (server.asked["/a.mp4"], server.asked["/secret.mp4"]) == (1, 0)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x.mp4", "data:video/mp4;base64,AAAA"])
def test_a_redirect_to_another_scheme_is_refused(ingest: Ingest, server: MediaServer, target: str) -> None:
    server.replies["/a.mp4"] = redirect(target)
    assert len(ingest(f"{server.url}/a.mp4").failures) == 1


def test_secrets_in_addresses_are_not_shown(
    ingest: Ingest, server: MediaServer, clip: Clip, scribe: Any, caplog: pytest.LogCaptureFixture
) -> None:
    serve(server, a_mp4=clip())
    scribe.fails = lambda _path: ZeroDivisionError(f"{server.url}/a.mp4?token=hunter2")
    with caplog.at_level("DEBUG"):
        loaded = ingest(f"{server.url}/gone.mp4?token=hunter2&x=1", f"{server.url}/a.mp4?token=hunter2")
    assert len(loaded.failures) == 2
    assert "hunter2" not in str(loaded.failures) + caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "x=1" in loaded.failures[0].where


def test_retry_takes_a_failure_by_its_location(home: Home, ingest: Ingest, server: MediaServer, clip: Clip) -> None:
    serve(server, feed_rss=feed(server, ("a.mp4", "A", "Mon, 02 Nov 2026", 1)))
    assert len(ingest(f"{server.url}/feed.rss", f"{server.url}/a.mp4").failures) == 1  # once, though listed twice
    [failure] = home.catalogue.steps.failures()
    assert failure.item == f"{server.url}/a.mp4"
    serve(server, a_mp4=clip())
    assert ingest(failure.item).new == 1
    assert home.catalogue.steps.failures() == []


@pytest.mark.slow
def test_a_feed_of_ten_thousand_keeps_memory_flat(server: MediaServer, media: MediaConfig) -> None:
    rss = feed(server, *((f"{n}.mp4", f"Clip {n}", "Mon, 02 Nov 2026", 1) for n in range(10_000)))
    serve(server, feed_rss=rss)
    entries = source_of(f"{server.url}/feed.rss", media, MediaFilter()).items()
    next(entries)
    tracemalloc.start()
    n = sum(isinstance(entry, Item) for entry in entries)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n == 9_999
    assert peak < 1_000_000


def test_what_a_fetch_gives(server: MediaServer, clip: Clip, media: MediaConfig, tmp_path: Path) -> None:
    serve(server, a_mp4=clip())
    [item] = source_of(f"{server.url}/a.mp4", media, MediaFilter()).items()
    assert isinstance(item, Item)
    fetched = item.fetch(tmp_path)
    assert isinstance(fetched, Fetched)
    assert fetched.temporary
    assert fetched.media is not None
    assert fetched.media.parent == tmp_path
    assert not isinstance(item.fetch(tmp_path), Failure | Skipped)  # again, from what is there


def test_a_missing_cookies_file_is_wrong_usage(server: MediaServer, media: MediaConfig, tmp_path: Path) -> None:
    config = media.model_copy(update={"cookies": tmp_path / "none.txt"})
    with pytest.raises(UsageError, match="cookies"):
        source_of(f"{server.url}/a.mp4", config, MediaFilter())


def test_no_program_is_started_on_an_encrypted_stream(
    ingest: Ingest, server: MediaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """yt-dlp would hand it to ffmpeg, which fetches what it likes."""
    started = tmp_path / "started"
    stub = tmp_path / "bin" / "ffmpeg"
    stub.parent.mkdir()
    stub.write_text(f'#!/bin/sh\necho "$@" >> {started}\nexit 1\n')
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stub.parent}:{os.environ['PATH']}")
    for method in ("SAMPLE-AES", "AES-128"):
        key = f'#EXT-X-KEY:METHOD={method},URI="{server.url}/key"\n'
        head = "#EXTM3U\n#EXT-X-VERSION:5\n#EXT-X-TARGETDURATION:1\n"
        playlist = f"{head}{key}#EXTINF:1.0,\n1.ts\n#EXT-X-ENDLIST\n".encode()
        server.replies[f"/{method}.m3u8"] = content(playlist, "application/vnd.apple.mpegurl")
    loaded = ingest(*(f"{server.url}/{method}.m3u8" for method in ("SAMPLE-AES", "AES-128")))
    assert len(loaded.failures) == 2
    assert not started.exists()


def test_a_compressed_answer_is_not_unpacked_without_end(ingest: Ingest, server: MediaServer) -> None:
    packed = gzip.compress(bytes(MAX_UNPACKED + 1))
    server.replies["/a.mp4"] = content(packed, "text/html", {"Content-Encoding": "gzip"})
    [failure] = ingest(f"{server.url}/a.mp4").failures
    assert "a compressed response that is too large" in failure.reason


def test_a_page_of_a_channel_that_cannot_be_had_is_reported_and_the_other_sources_go_on(
    home: Home, ingest: Ingest, server: MediaServer, clip: Clip, media: MediaConfig
) -> None:
    from yt_dlp.utils import ExtractorError

    from shortlist.ingest.media.urls import UrlSource

    def pages(error: Exception) -> Iterator[Any]:
        yield {"url": f"{server.url}/a.mp4", "_type": "url"}
        raise error

    class Channel(UrlSource):
        error: Exception

        def _listing(self, address: str) -> Any:
            return {"_type": "playlist", "entries": pages(self.error)}

    serve(server, a_mp4=clip(300), b_mp4=clip(400))
    channel = Channel("https://example.org/@bread", media, MediaFilter())
    channel.error = ExtractorError("HTTP Error 429: Too Many Requests", expected=True)
    odd = Channel("https://example.org/@odd", media, MediaFilter())
    odd.error = KeyError("title")
    loaded = ingest(channel, odd, f"{server.url}/b.mp4")
    assert loaded.new == 2
    reasons = {failure.where.rsplit("@", 1)[1]: failure.reason for failure in loaded.failures}
    assert "a server that limits requests" in reasons["bread"]
    assert "unexpected: KeyError" in reasons["odd"]
    assert {one.item for one in home.catalogue.steps.failures()} == {f"https://example.org/@{name}" for name in reasons}
