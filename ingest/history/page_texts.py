"""Fetch the texts of articles that an export only names: what was saved, liked or read long, and nothing else.

Every site learns again that one reads it, so it is done only when asked for. A site gets one request a second, through
the network guard, and a page that asks not to be archived stays a title.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from types import ModuleType
from urllib.parse import urlsplit

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.errors import MediaError, UsageError
from shortlist.ingest.feeds.fetch import fetch
from shortlist.ingest.history.acts import Act
from shortlist.ingest.media.yt_dlp_client import youtube_dl
from shortlist.ingest.tables.rows import Failure

MAX_PAGES = 500  # the newest
READ_LONG_S = 60.0
PAUSE_S = 1.0  # between two requests to a site
NO_ARCHIVE = re.compile(rb"<meta[^>]+robots[^>]+noarchive|<meta[^>]+noarchive[^>]+robots", re.IGNORECASE)
FETCHED = "fetched"
OK = 200


def wanted(acts: Iterable[Act]) -> list[Act]:
    """Return an act of each article without a text that was saved, liked or read long: the newest `MAX_PAGES`."""
    found: dict[str, Act] = {}
    for act in acts:
        long = act.verb in ("save", "like") or (act.verb == "read" and (act.seconds or 0.0) >= READ_LONG_S)
        if long and act.kind == "article" and act.url and not act.text:
            found.setdefault(act.item_id, act)
    return list(found.values())[:MAX_PAGES]


def fetch_texts(
    acts: Iterable[Act], config: MediaConfig, progress: Callable[[int], None], pause_s: float = PAUSE_S
) -> list[Failure]:
    """Give the `wanted` of `acts` the texts of their pages, and return those that could not be fetched.

    Raises `UsageError` if the extra "articles" is not installed.
    """
    trafilatura = _trafilatura()
    acts = list(acts)
    client, failures, texts = youtube_dl(config), [], {}
    for act in _one_a_second(wanted(acts), pause_s):
        try:
            answer = fetch(client, act.url)
            if answer.status != OK:
                raise MediaError(act.url, expected="the page", found=f"status {answer.status}", remedy="leave it")
            text = "" if NO_ARCHIVE.search(answer.data) else trafilatura.extract(answer.data, include_comments=False)
            if text:
                texts[act.item_id] = text
            else:
                failures.append(Failure(act.url, "its page has no text of an article"))
        except MediaError as error:
            failures.append(Failure(act.url, str(error)))
        progress(1)
    for act in acts:
        if not act.text and act.item_id in texts:
            act.text, act.text_made_by = texts[act.item_id], FETCHED
    return failures


def _one_a_second(acts: Iterable[Act], pause_s: float) -> Iterable[Act]:
    """Yield the acts, those of one site at least `pause_s` apart."""
    sites: defaultdict[str, deque[Act]] = defaultdict(deque)
    for act in acts:
        sites[urlsplit(act.url).hostname or ""].append(act)
    ready = dict.fromkeys(sites, 0.0)
    while ready:
        site = min(ready, key=lambda name: ready[name])
        time.sleep(max(0.0, ready[site] - time.monotonic()))
        yield sites[site].popleft()
        ready[site] = time.monotonic() + pause_s
        if not sites[site]:
            del ready[site]


def _trafilatura() -> ModuleType:
    try:
        import trafilatura
    except ImportError as error:
        raise UsageError(
            "fetching pages needs another package", expected="the extra articles", found="trafilatura is not installed",
            remedy="run `pip install 'shortlist[articles]'`",
        ) from error  # fmt: skip
    return trafilatura
