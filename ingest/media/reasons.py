"""Why a video could not be had, in words that say what to do: one table from yt-dlp's messages to ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shortlist.core.errors import MediaError, StateError
from shortlist.ingest.media.guard import AnswerTooLarge, PrivateAddress
from shortlist.ingest.media.redact import redacted


class BusyError(MediaError):
    """A failure that may pass: the same request is worth another attempt."""


@dataclass(frozen=True, slots=True)
class Reason:
    """`sign` is looked for in the message; `found` and `remedy` go into the error; `passing` means try again."""

    sign: str
    found: str
    remedy: str
    passing: bool = False


LOG_IN = "export a browser's cookies.txt of a session that is logged in and pass it with --cookies"
LEAVE = "leave it out"
LATER = "run `shortlist ingest retry` later, with fewer downloads at a time (media.downloads, media.pause_s)"

# Refusals of our own guard, wherever yt-dlp wraps them.
REFUSALS: Mapping[type[OSError], tuple[str, str]] = {
    PrivateAddress: ("a private or loopback address", "pass --allow-private if this is meant"),
    AnswerTooLarge: ("an answer that is too large when it is unpacked", LEAVE),
}

# yt-dlp has no types for these: the first sign that fits its message counts.
REASONS = (
    Reason(r"HTTP Error 429|too many requests|rate.?limit", "a server that asks for fewer requests (429)", LATER, True),
    Reason(r"not a bot|confirm you.re not|captcha", "a check against bots", LOG_IN),
    Reason(r"members.only|join this channel|available to this channel's members", "a video for members only", LOG_IN),
    Reason(r"confirm your age|age.restricted|inappropriate for some", "a video for adults who are logged in", LOG_IN),
    Reason(r"private video|video is private", "a private video", f"{LOG_IN}, or {LEAVE}"),
    Reason(r"not (?:made this video )?available (?:in|from) your|geo.?restrict|blocked it in your country",
           "a video that is locked to other regions", LEAVE),
    Reason(r"premieres? in|live event will begin|is_upcoming|offline\b", "a video that has not begun yet", LATER),
    Reason(r"has been (?:removed|terminated|deleted)|no longer (?:available|exists)|account .* terminated",
           "a video that was removed", LEAVE),
    Reason(r"video (?:is )?unavailable|content isn.t available", "a video that is not available", LEAVE),
    Reason(r"HTTP Error 5\d\d", "a server in trouble", LATER, True),
    Reason(r"HTTP Error 40[13]|login required|log in|sign in", "a page that wants a login", LOG_IN),
    Reason(r"NoSuchBucket|NoSuchKey", "nothing at this address", "correct the address, or leave it out"),
    Reason(r"AccessDenied|credentials|InvalidAccessKeyId|SignatureDoesNotMatch", "storage that wants other keys",
           "give boto3 keys that may read it, as with `aws configure`"),
    Reason(r"HTTP Error 404|HTTP Error 410", "nothing at this address", "correct the address, or leave it out"),
    Reason(r"HTTP Error (\d+)", "a refusal by the server", "open the address in a browser to see why"),
    Reason(r"timed out|timeout", "a server that does not answer in time", LATER, True),
    Reason(r"more expected|bytes, expected|incomplete|remote end closed|connection.?reset|broken pipe",
           "a connection that broke off", LATER, True),
    Reason(r"refused|unreachable|name or service not known|name resolution|no address|getaddrinfo",
           "no connection", "check the network and the address, then run `shortlist ingest retry`", True),
    Reason(r"unknown url type|unsupported url scheme", "an address of another kind", "use http:// or https://"),
    Reason(r"unsupported url", "a page without a video that yt-dlp knows",
           "give the address of the video itself, or update yt-dlp"),
    Reason(r"requested format is not available|no video formats|no formats|ffmpeg",
           "a video in no form that can be downloaded without ffmpeg", LEAVE),
    Reason(r"\bDRM\b", "a video under copy protection", LEAVE),
)  # fmt: skip
UNKNOWN = Reason("", "", "see docs/ingest.md, or update yt-dlp")
FULL = re.compile(r"No space left on device|Disk quota exceeded")


def translate(location: str, error: BaseException) -> MediaError | StateError:
    """The error for whatever yt-dlp, boto3 or our guard raised about `location`."""
    for cause in _causes(error):
        for kind, (found, remedy) in REFUSALS.items():
            if isinstance(cause, kind):
                return unfetchable(location, f"{found}: {cause}", remedy)
    return explained(location, str(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield `error`, then what it was raised from, and so on."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def explained(location: str, message: str) -> MediaError | StateError:
    """The error for a `message` of yt-dlp about `location`."""
    message = " ".join(redacted(message).removeprefix("ERROR: ").split())
    if FULL.search(message):
        return StateError(
            "cannot write a download",
            expected="room on the disk",
            found=message,
            remedy="free some space and run the command again; what was stored stays",
        )
    message = message.partition(" (caused by ")[0]
    fits = (reason for reason in REASONS if re.search(reason.sign, message, re.IGNORECASE))
    reason = next(fits, UNKNOWN)
    found = f"{reason.found}: {message[:200]}" if reason.found else message[:300]
    kind = BusyError if reason.passing else MediaError
    return unfetchable(location, found, reason.remedy, kind)


def unfetchable(location: str, found: str, remedy: str, kind: type[MediaError] = MediaError) -> MediaError:
    """The error for a video at `location` that cannot be fetched."""
    return kind(f"cannot fetch {redacted(location)}", expected="a video that can be had", found=found, remedy=remedy)
