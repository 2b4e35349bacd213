"""yt-dlp set up as we want it: guarded, quiet, polite, without ffmpeg; its errors as ours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from shortlist.core.config import MediaConfig
from shortlist.ingest.media.files import check_size
from shortlist.ingest.media.reasons import BusyError, translate
from shortlist.ingest.media.redact import redacted

log = logging.getLogger(__name__)

T = TypeVar("T")

# What yt-dlp itself downloads; anything else would start ffmpeg on an address.
NATIVE = "[protocol~='^(https?|m3u8_native|http_dash_segments)$']"
SOUND = f"ba{NATIVE}/b{NATIVE}/bv*{NATIVE}"
NOWHERE = "/dev/null/ffmpeg"
PICTURE_AND_SOUND = f"b{NATIVE}/ba{NATIVE}/bv*{NATIVE}"


def youtube_dl(config: MediaConfig, path: Path | None = None) -> Any:
    """A `YoutubeDL` that downloads to `path`, to which it adds the ending; without one it only reads metadata."""
    from shortlist.ingest.media.guard import GuardedYoutubeDL

    def limit(state: Mapping[str, Any]) -> None:
        check_size(int(state.get("downloaded_bytes") or 0), config.max_bytes, "the download")

    params = {
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "logger": _Log(),
        "extract_flat": False,
        "format": PICTURE_AND_SOUND if config.keep_media else SOUND,
        "outtmpl": {"default": f"{str(path).replace('%', '%%')}.%(ext)s" if path else "-"},
        "continuedl": True,
        "overwrites": False,
        "hls_prefer_native": True,
        "external_downloader": {"default": "native"},
        "ffmpeg_location": NOWHERE,  # else it is started on encrypted streams, and fetches addresses past the guard
        "fixup": "never",
        "writesubtitles": False,
        "cookiefile": None if config.cookies is None else str(config.cookies),
        "ratelimit": config.rate_limit,
        "socket_timeout": config.timeout_s,
        "retries": 0,  # `patiently` counts the attempts
        "extractor_retries": 0,
        "fragment_retries": config.retries,
        "skip_unavailable_fragments": False,
        "retry_sleep_functions": {"fragment": partial(_wait_s, config.backoff_s)},
        "progress_hooks": [limit],
        "cachedir": False,
    }
    return GuardedYoutubeDL(params, config.allow_private)


def _wait_s(first_s: float, n: int) -> float:
    return first_s * 2.0 ** max(0, n - 1)


def patiently(config: MediaConfig, attempt: Callable[[], T]) -> T:
    """`attempt`, again where its failure may pass, after waits that double."""
    retrying = Retrying(
        retry=retry_if_exception_type(BusyError),
        stop=stop_after_attempt(config.retries + 1),
        wait=wait_exponential_jitter(initial=config.backoff_s, max=120, jitter=config.backoff_s),
        reraise=True,
    )
    return retrying(attempt)


@contextmanager
def translated(location: str) -> Iterator[None]:
    """yt-dlp's errors about `location` as ours (see `translate`)."""
    from yt_dlp.networking.exceptions import RequestError
    from yt_dlp.utils import YoutubeDLError

    try:
        yield
    except (YoutubeDLError, RequestError, OSError) as error:
        raise translate(location, error) from error


class _Log:
    """yt-dlp's words, which are for programmers, at the lowest level."""

    def debug(self, message: str) -> None:
        log.debug("yt-dlp: %s", redacted(message))

    info = warning = error = debug
