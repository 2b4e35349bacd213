"""Turn the errors of yt-dlp, boto3 and the network guard into errors that say what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shortlist.core.errors import MediaError, StateError
from shortlist.ingest.media.network_guard import PrivateAddress, ResponseTooLarge
from shortlist.ingest.media.redact import redacted


class RetryableError(MediaError):
    """Raised for a failure that may be temporary, so that the same request is worth a retry."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A regular expression for a library's message, with `code`, `found` and `remedy` of our error.

    `retry` marks a failure that may be temporary.
    """

    pattern: str
    code: str
    found: str
    remedy: str
    retry: bool = False


LOG_IN = "log in with a browser, export its cookies.txt and pass it with --cookies"
SKIP_IT = "leave it out"
LATER = "run `shortlist ingest retry` later, with fewer downloads at a time (media.downloads, media.pause_s)"

# The network guard raises these; yt-dlp may wrap them in its own errors.
GUARD_ERRORS: Mapping[type[OSError], tuple[str, str, str]] = {
    PrivateAddress: ("private-address", "a private or loopback address", "pass --allow-private if you trust it"),
    ResponseTooLarge: ("too-large", "a compressed response that is too large", SKIP_IT),
}

# yt-dlp has no exception types for these. The first pattern that matches its message is used.
RULES = (
    Rule(r"HTTP Error 429|too many requests|rate.?limit",
         "rate-limit", "a server that limits requests (429)", LATER, True),
    Rule(r"not a bot|confirm you.re not|captcha", "bot-check", "a bot check", LOG_IN),
    Rule(r"members.only|join this channel|available to this channel's members",
         "members-only", "a video for members only", LOG_IN),
    Rule(r"confirm your age|age.restricted|inappropriate for some",
         "age-restricted", "an age-restricted video", LOG_IN),
    Rule(r"private video|video is private", "private-video", "a private video", f"{LOG_IN}, or {SKIP_IT}"),
    Rule(r"not (?:made this video )?available (?:in|from) your|geo.?restrict|blocked it in your country",
         "region-blocked", "a video that is blocked in your region", SKIP_IT),
    Rule(r"premieres? in|live event will begin|is_upcoming|offline\b",
         "not-started", "a video that has not started yet", LATER),
    Rule(r"has been (?:removed|terminated|deleted)|no longer (?:available|exists)|account .* terminated",
         "removed", "a video that was removed", SKIP_IT),
    Rule(r"video (?:is )?unavailable|content isn.t available", "unavailable", "a video that is not available", SKIP_IT),
    Rule(r"HTTP Error 5\d\d", "server-error", "a server error", LATER, True),
    Rule(r"HTTP Error 40[13]|login required|log in|sign in", "login-required", "a page that needs a login", LOG_IN),
    Rule(r"NoSuchBucket|NoSuchKey", "not-found", "nothing at this address", "correct the address, or leave it out"),
    Rule(r"AccessDenied|credentials|InvalidAccessKeyId|SignatureDoesNotMatch",
         "credentials-refused", "storage that refused the credentials",
         "give boto3 credentials that may read it, for example with `aws configure`"),
    Rule(r"HTTP Error 404|HTTP Error 410",
         "not-found", "nothing at this address", "correct the address, or leave it out"),
    Rule(r"HTTP Error (\d+)", "server-refused", "an error from the server", "open the address in a browser to see why"),
    Rule(r"timed out|timeout", "timeout", "a server that did not respond in time", LATER, True),
    Rule(r"more expected|bytes, expected|incomplete|remote end closed|connection.?reset|broken pipe",
         "connection-interrupted", "a connection that was interrupted", LATER, True),
    Rule(r"refused|unreachable|name or service not known|name resolution|no address|getaddrinfo",
         "no-connection", "no connection",
         "check the network and the address, then run `shortlist ingest retry`", True),
    Rule(r"unknown url type|unsupported url scheme",
         "unsupported-address", "an unsupported kind of address", "use http:// or https://"),
    Rule(r"unsupported url", "no-video", "a page without a video that yt-dlp recognises",
         "give the address of the video itself, or update yt-dlp"),
    Rule(r"requested format is not available|no video formats|no formats|ffmpeg",
         "no-format", "no format that can be downloaded without ffmpeg", SKIP_IT),
    Rule(r"\bDRM\b", "copy-protection", "a video with copy protection (DRM)", SKIP_IT),
)  # fmt: skip
UNKNOWN = Rule("", "media", "", "see docs/ingest.md, or update yt-dlp")
DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded")


def error_from(location: str, error: BaseException) -> MediaError | StateError:
    """Return our error for one that yt-dlp, boto3 or the network guard raised about `location`."""
    for cause in _causes(error):
        for kind, (code, found, remedy) in GUARD_ERRORS.items():
            if isinstance(cause, kind):
                return fetch_error(location, code, f"{found}: {cause}", remedy)
    return media_error(location, str(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield `error` and the chain of its causes."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def media_error(location: str, message: str) -> MediaError | StateError:
    """Return our error for a `message` of yt-dlp or boto3 about `location`."""
    message = " ".join(redacted(message).removeprefix("ERROR: ").split())
    if DISK_FULL.search(message):
        return StateError(
            "cannot write a download",
            expected="free disk space",
            found=message,
            remedy="free some space and run the command again; everything stored so far is kept",
        )
    message = message.partition(" (caused by ")[0]
    match = next((rule for rule in RULES if re.search(rule.pattern, message, re.IGNORECASE)), UNKNOWN)
    found = f"{match.found}: {message[:200]}" if match.found else message[:300]
    kind = RetryableError if match.retry else MediaError
    return fetch_error(location, match.code, found, match.remedy, kind)


def fetch_error(location: str, code: str, found: str, remedy: str, kind: type[MediaError] = MediaError) -> MediaError:
    """Return an error of `kind` for a video at `location` that cannot be fetched."""
    problem = f"cannot fetch {redacted(location)}"
    return kind(problem, expected="a downloadable video", found=found, remedy=remedy, code=code)
