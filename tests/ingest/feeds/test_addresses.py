"""Which feeds an address has."""

from __future__ import annotations

import pytest

from shortlist.core.errors import UsageError
from shortlist.ingest.feeds.addresses import FEED, feeds_of

NAME = "abcdefghijklmnopqrst-_"
CHANNEL = (f"{FEED}playlist_id=UUSH{NAME}", f"{FEED}channel_id=UC{NAME}")


@pytest.mark.parametrize(
    ("address", "feeds"),
    [
        (f"https://www.youtube.com/channel/UC{NAME}", CHANNEL),
        (f"http://youtube.com/channel/UC{NAME}/", CHANNEL),
        (f"{FEED}channel_id=UC{NAME}", CHANNEL),
        ("https://www.youtube.com/playlist?list=PLabc-1", (f"{FEED}playlist_id=PLabc-1",)),
        ("https://example.org/a.rss", ("https://example.org/a.rss",)),
    ],
)
def test_the_best_feed_is_first(address: str, feeds: tuple[str, ...]) -> None:
    assert feeds_of(address) == feeds


@pytest.mark.parametrize(
    "address", ["https://www.youtube.com/@somebody", "ftp://example.org/a", "someone", "http://", "http://["]
)
def test_an_address_without_a_feed_says_what_to_do(address: str) -> None:
    with pytest.raises(UsageError, match="expected"):
        feeds_of(address)
