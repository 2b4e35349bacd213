"""yt-dlp's messages, as it words them, named and with what to do."""

from __future__ import annotations

import pytest

from shortlist.core.errors import StateError
from shortlist.ingest.media.error_messages import RetryableError, media_error
from shortlist.ingest.media.redact import redacted

MESSAGES = {
    "ERROR: [youtube] abc: Sign in to confirm you’re not a bot. Use --cookies-from-browser": "a bot check",
    "[youtube] abc: Private video. Sign in if you've been granted access to this video": "a private video",
    "[youtube] abc: Video unavailable. This video has been removed by the uploader": "a video that was removed",
    "[youtube] abc: This video is no longer available because the YouTube account associated with this video has been "
    "terminated.": "a video that was removed",
    "[youtube] abc: Video unavailable": "a video that is not available",
    "[youtube] abc: The uploader has not made this video available in your country": "blocked in your region",
    "[youtube] abc: This video is not available from your location due to geo restriction": "blocked in your region",
    "[youtube] abc: Join this channel to get access to members-only content like this video": "for members only",
    "[youtube] abc: Sign in to confirm your age. This video may be inappropriate for some users.": "age-restricted",
    "[youtube] abc: Premieres in 3 hours": "has not started yet",
    "Unable to download webpage: HTTP Error 404: Not Found": "nothing at this address",
    "Unable to download webpage: HTTP Error 418: I'm a teapot": "an error from the server",
    "Unsupported URL: https://example.org/": "a page without a video",
    "[x] Requested format is not available. Use --list-formats": "without ffmpeg",
    "something never heard of": "something never heard of",
}


@pytest.mark.parametrize(("message", "found"), MESSAGES.items())
def test_every_reason_is_named(message: str, found: str) -> None:
    error = media_error("https://example.org/v", message)
    assert found in str(error)
    assert len(error.found) < 350
    assert not isinstance(error, RetryableError)


@pytest.mark.parametrize(
    "message",
    ["HTTP Error 429: Too Many Requests",
     "[youtube] abc: Video unavailable. This content isn't available, try again later. Your account has been "
     "rate-limited by YouTube for up to an hour.",
     "HTTP Error 503: Service Unavailable", "The read operation timed out",
     "1048576 bytes read, 99 more expected", "Downloaded 4 bytes, expected 8 bytes", "[Errno 111] Connection refused",
     "<urlopen error [Errno -2] Name or service not known>"],
)  # fmt: skip
def test_what_may_pass_is_worth_another_attempt(message: str) -> None:
    assert isinstance(media_error("https://example.org/v", message), RetryableError)


def test_a_full_disk_stops_everything() -> None:
    error = media_error("https://example.org/v", "unable to write data: [Errno 28] No space left on device")
    assert isinstance(error, StateError)


def test_secrets_go() -> None:
    text = "GET https://me:pw@example.org/v.mp4?X-Amz-Signature=abc&e=1&access_token=def#t: 403"
    assert redacted(text) == "GET https://…@example.org/v.mp4?X-Amz-Signature=…&e=1&access_token=…#t: 403"
