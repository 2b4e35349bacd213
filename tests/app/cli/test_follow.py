"""`shortlist follow`, `following`, `unfollow` and `sync`, as a person uses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.media_server import content, media_server

Shortlist = Callable[..., Any]

FEED = (
    b"<rss><channel><title>Oven</title><item><title>How bread rises</title><link>https://example.org/bread</link>"
    b"<enclosure url='https://example.org/b.mp4' type='video/mp4'/></item></channel></rss>"
)


def test_follow_an_opml_file_and_find_what_is_new(
    here: Shortlist, hashing: Callable[[], AbstractContextManager[Any]], tmp_path: Path
) -> None:
    home, opml = tmp_path / "home", tmp_path / "feeds.opml"
    with media_server() as server, hashing():
        server.replies["/a.rss"] = content(FEED)
        opml.write_text(f"<opml><body><outline text='x'><outline xmlUrl='{server.url}/a.rss'/></outline></body></opml>")
        assert "1 new, 1 followed" in here("follow", str(opml), home=home).stdout
        done = here("sync", "--json", home=home)
        assert (done.returncode, "private" in json.loads(done.stdout)["failures"][0][1]) == (1, True)
        assert "1 waiting after a failure" in here("sync", "--allow-private", home=home).stdout
        address = f"{server.url}/a.rss"
        assert "1 new videos" in here("sync", address, "--allow-private", home=home).stdout
        assert f"Oven, {address}: 1 new in a week, last success" in here("following", home=home).stdout
        assert "How bread rises" in here("search", "bread", home=home).stdout
        here("unfollow", address, home=home)
        here("unfollow", address, home=home).says(2, "not followed")
        assert "nothing is followed" in here("following", home=home).stdout
    assert (home / "following.json").stat().st_mode & 0o077 == 0


def test_what_cannot_be_followed_changes_nothing(here: Shortlist, tmp_path: Path) -> None:
    home = tmp_path / "home"
    here("follow", "https://example.org/a.rss", "https://www.youtube.com/@x", home=home).says(2, "Copy channel ID")
    here("follow", str(tmp_path), home=home).says(2, "ingest videos FOLDER")
    assert not home.exists()
