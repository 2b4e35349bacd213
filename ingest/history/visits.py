"""The visits of a browser: videos, articles that wait for approval by domain, and what is never taken.

Of an address only what names the page is kept: its query says how one came there, or who one is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlencode, urlsplit

from shortlist.ingest.history.acts import Act, Found, LeftOut, Page, Verb
from shortlist.ingest.history.video_addresses import is_video_site, video_address

LEAST_WORDS = 4  # of the title of an article
LEAST_SECONDS = 30.0  # that an article was open, where the browser says so
SAME_VISIT = timedelta(minutes=30)
LOCAL = re.compile(r"(?:.*\.)?(?:localhost|local|lan|home|internal|intranet|corp|test|onion|home\.arpa)")
PRIVATE_HOST = re.compile(
    r"^(?:id|login|accounts?|myaccount|my|docs\.google|drive\.google|calendar\.google|calendar|web\.whatsapp)\.|"
    r"(?:^|[.-])(?:mail|webmail|gmail|outlook|proton|signin|auth|sso|idp|bank\w*|\w+bank|sparkasse|paypal|wise|revolut|"
    r"klarna|checkout|pay|payments?|billing|shop|store|cart|amazon|ebay|etsy|aliexpress|temu|zalando|patient|tinder|"
    r"okcupid|porn\w*|xxx|xvideos|xhamster|onlyfans|admin|messages|messenger|whatsapp|telegram|slack|discord|teams|zoom|"
    r"meet|vpn)(?:$|[.-])"
)
PRIVATE_PATH = re.compile(
    r"/(?:log-?in|log-?out|sign-?in|sign-?up|signon|register|auth|oauth2?|sso|accounts?|settings|preferences|password|"
    r"checkout|cart|basket|orders?|payments?|billing|invoices?|inbox|mail|messages?|search|results|admin|wp-admin)"
    r"(?:$|[/.?])"
)
SEARCH_HOST = re.compile(
    r"(?:^|\.)(?:google|bing|duckduckgo|ecosia|startpage|qwant|yandex|baidu|search|kagi)\.[a-z.]{2,6}$"
)
IDENTIFIERS = {"id", "p", "article", "articleid", "story", "storyid"}
IDENTIFIER = re.compile(r"[\w-]{1,20}", re.ASCII)
COUNTER = re.compile(r"^\(\d+\+?\) ")  # of unread notifications
SITE_NAME = re.compile(r" (?:[-–|]|on) (?:YouTube|Vimeo|Dailymotion|Twitch|TikTok|Nebula|Invidious|Piped)$")

NO_PAGE = LeftOut("addresses that are no pages of the web")
LOCAL_PAGE = LeftOut("pages of this machine and its network")
PRIVATE_PAGE = LeftOut("pages of mail, banks, shops, logins, messages and searches")
PRIVATE_WINDOW = LeftOut("pages of private windows")
NO_ARTICLE = LeftOut("pages whose title or address is none of an article")
SHORT_VISIT = LeftOut(f"pages that were open for less than {LEAST_SECONDS:.0f} seconds")
SAME = LeftOut("visits less than half an hour after one of the same page")


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit of a page. `seconds` is how long it was open, `verb` what was done: a bookmark saves."""

    url: str
    title: str
    at: datetime | None
    seconds: float | None = None
    verb: Verb = "read"


def found_in(visits: Iterable[Visit]) -> Iterator[Found]:
    """Yield what each visit is, in order of time; one soon after another of the same page is left out."""
    last: dict[tuple[str, Verb], datetime] = {}
    for visit in visits:
        found = _found(visit)
        act = found.act if isinstance(found, Page) else found
        if isinstance(act, Act) and visit.at is not None:
            key = (act.item_id, act.verb)
            before, last[key] = last.get(key), visit.at
            if before is not None and visit.at - before < SAME_VISIT:
                found = SAME
        yield found


def _found(visit: Visit) -> Found:
    title = SITE_NAME.sub("", COUNTER.sub("", visit.title or "")).strip()
    if video := video_address(visit.url):
        verb: Verb = "watch" if visit.verb == "read" else visit.verb
        return Act(verb, visit.at, video, title, seconds=visit.seconds) if title else NO_ARTICLE
    try:
        parts = urlsplit(visit.url)
        host = (parts.hostname or "").casefold().removeprefix("www.")
    except ValueError:
        return NO_PAGE
    if parts.scheme not in ("http", "https") or not host:
        return NO_PAGE
    if is_local(host):
        return LOCAL_PAGE
    if PRIVATE_HOST.search(host) or SEARCH_HOST.search(host) or PRIVATE_PATH.search(parts.path.casefold()):
        return PRIVATE_PAGE
    if len(title.split()) < LEAST_WORDS or parts.path in ("", "/") or is_video_site(host):
        return NO_ARTICLE
    if visit.verb == "read" and visit.seconds is not None and visit.seconds < LEAST_SECONDS:
        return SHORT_VISIT
    return Page(Act(visit.verb, visit.at, plain_address(visit.url), title, kind="article", seconds=visit.seconds), host)


def is_local(host: str) -> bool:
    """Say whether a host is this machine, or one that only its network knows."""
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        return "." not in host or bool(LOCAL.fullmatch(host))


def plain_address(url: str) -> str:
    """Return the address of a page without user, port, fragment, and all of its query but short identifiers."""
    parts = urlsplit(url)
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query)
        if name.casefold() in IDENTIFIERS and IDENTIFIER.fullmatch(value)
    ]
    return f"{parts.scheme}://{parts.hostname}{parts.path}" + (f"?{urlencode(query)}" if query else "")
