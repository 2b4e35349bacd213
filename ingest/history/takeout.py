"""What the JSON and the HTML of Google Takeout share: which entry is what, and titles without their verbs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from shortlist.ingest.history.acts import Act, Found, LeftOut, Verb

# What surrounds the title of a watched video, by language.
WATCHED: Sequence[tuple[str, str]] = (
    ("Watched ", ""), ("", " angesehen"), ("Vous avez regardé ", ""), ("Has visto ", ""), ("Hai guardato ", ""),
    ("Je hebt naar ", " gekeken"), ("", " を視聴しました"), ("", " 을(를) 시청했습니다."), ("Просмотрено видео ", ""),
    ("Obejrzano: ", ""), ("", " adlı videoyu izlediniz"), ("تمت مشاهدة ", " ."), ("Pinanood ang ", ""),
    ("", " izlənildi"), ("", " দেখা হয়েছে"), ("را تماشا کردید ", ""), ("", " देखा"), ("", " دیکھی"),
    ("Tittade på ", ""), ("Så på ", ""), ("Så ", ""), ("Ați vizionat ", ""), ("Ви дивилися відео ", ""),
    ("Παρακολουθήσατε το βίντεο ", ""), ("", " katsottiin"), ("Zhlédli jste video ", ""), ("Гледахте ", ""),
    ("Megtekintette a következőt: ", ""), ("Visualizou ", ""), ("Viu ", ""), ("已观看 ", ""), ("已觀看 ", ""),
)  # fmt: skip
JUDGED: Sequence[tuple[str, Verb]] = (("Liked ", "like"), ("Disliked ", "dislike"), ("Saved ", "save"))
OTHER_ACTS = re.compile(r"(?:Viewed|Visited|Used|Subscribed to|Shared|Voted on|Commented on|Answered|Hid|Removed) ")

VIDEO = re.compile(r"[?&]v=([\w-]*)|(?:/shorts/|/live/|/embed/|youtu\.be/)([\w-]+)", re.ASCII)
ADS, REMOVED = LeftOut("advertisements"), LeftOut("removed or private videos")
MUSIC, NO_VIDEO = LeftOut("entries of YouTube Music"), LeftOut("entries that are no videos")
NO_TIME = LeftOut("entries whose time cannot be read: in Takeout choose JSON as the format of the history")
SERVICES = {"www.youtube.com", "youtube.com", "m.youtube.com", "youtu.be", "music.youtube.com", "gaming.youtube.com"}


def entry(title: str, url: str, channel: str, at: datetime | None, *, is_ad: bool, header: str = "YouTube") -> Found:
    """Return what an entry of a watch history, search history or activity of YouTube is."""
    if is_ad:
        return ADS
    if not url:
        return REMOVED
    if at is None:
        return NO_TIME
    parts = urlsplit(url)
    if parts.netloc not in SERVICES:
        return NO_VIDEO
    if parts.netloc.startswith("music.") or header == "YouTube Music":
        return MUSIC
    if parts.path == "/results" and (words := parse_qs(parts.query).get("search_query")):
        query = " ".join(words[0].split())
        return Act("search", at, title=query, kind="article") if query else NO_VIDEO
    video = VIDEO.search(url)
    if video is None:
        return NO_VIDEO
    return _act(title, url, channel, at) if video[1] or video[2] else REMOVED


def _act(title: str, url: str, channel: str, at: datetime) -> Found:
    verb: Verb = "watch"
    for prefix, judged in JUDGED:
        if title.startswith(prefix):
            verb, title = judged, title[len(prefix) :]
            break
    else:
        if OTHER_ACTS.match(title):
            return NO_VIDEO
        title = without_verb(title)
    return REMOVED if not title or title == url else Act(verb, at, url, title, channel)


def without_verb(title: str) -> str:
    """Return the title of a video from that of its entry, in whatever language."""
    title = title.replace("\xa0", " ").strip()
    for prefix, suffix in WATCHED:
        if title.startswith(prefix) and title.endswith(suffix):
            return title[len(prefix) : len(title) - len(suffix)].strip()
    return title
