"""Links that people save: what each is, and what its time and its marks say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from shortlist.ingest.feeds.feed import plain
from shortlist.ingest.history.acts import Act, Found, LeftOut, Verb, marked
from shortlist.ingest.history.video_addresses import video_address
from shortlist.ingest.history.visits import LOCAL_PAGE, is_local

NO_LINK = LeftOut("links that are no pages of the web")
NO_TEXT = LeftOut("notes without a title and an address")
TRACKING = {"fbclid", "gclid", "dclid", "igshid", "mc_cid", "mc_eid", "ref_src", "si", "spm", "yclid"}


def link(
    url: str, title: str, at: datetime | None, *, is_read: bool = False, is_liked: bool = False, text: str = "",
    channel: str = "",
) -> Iterator[Found]:  # fmt: skip
    """Yield the acts of a saved link: read or watched, liked, or else saved. `text` may be HTML."""
    url = url.strip()
    video = video_address(url)
    if url and video is None and (left_out := _left_out(url)):
        yield left_out
        return
    title = " ".join(plain(title).split())
    if not url and not title:
        yield NO_TEXT
        return
    read: Verb = "watch" if video else "read"
    for verb in marked((is_read, read), (is_liked, "like"), (not is_read and not is_liked, "save")):
        yield Act(
            verb, at, video or _without_tracking(url), "" if title == url else title, channel,
            "video" if video else "article", text=plain(text),
        )  # fmt: skip


def _left_out(url: str) -> LeftOut | None:
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return NO_LINK
        return LOCAL_PAGE if is_local(parts.hostname.casefold()) else None
    except ValueError:
        return NO_LINK


def _without_tracking(url: str) -> str:
    parts = urlsplit(url)
    if not parts.query:
        return url
    query = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in query if name not in TRACKING and not name.startswith("utm_")]
    return url if len(kept) == len(query) else urlunsplit(parts._replace(query=urlencode(kept)))
