"""Configure yt-dlp (guarded, quiet, polite, without ffmpeg), retry its requests and translate its errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.ingest.media.error_messages import RetryableError, error_from
from shortlist.ingest.media.media_file import check_size
from shortlist.ingest.media.redact import redacted

log = logging.getLogger(__name__)

T = TypeVar("T")

# Protocols that yt-dlp downloads itself. For any other it would start ffmpeg on the address.
NATIVE = "[protocol~='^(https?|m3u8_native|http_dash_segments)$']"
AUDIO_ONLY = f"ba{NATIVE}/b{NATIVE}/bv*{NATIVE}"
AUDIO_AND_VIDEO = f"b{NATIVE}/ba{NATIVE}/bv*{NATIVE}"
NO_FFMPEG = "/dev/null/ffmpeg"


def youtube_dl(config: MediaConfig, path: Path | None = None) -> Any:
    """Return a `YoutubeDL` that downloads to `path` plus a suffix. Without `path` it only reads metadata."""
    from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

    from shortlist.ingest.media.network_guard import GuardedYoutubeDL, any_address, is_public

    # Some downloaders ask for ffmpeg's version without the parameters below.
    FFmpegPostProcessor._ffmpeg_location.set(NO_FFMPEG)

    def check_progress(state: Mapping[str, Any]) -> None:
        check_size(int(state.get("downloaded_bytes") or 0), config.max_bytes, "the download")

    params = {
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "logger": _Log(),
        "extract_flat": False,
        "format": AUDIO_AND_VIDEO if config.keep_media else AUDIO_ONLY,
        "outtmpl": {"default": f"{str(path).replace('%', '%%')}.%(ext)s" if path else "-"},
        "continuedl": True,
        "overwrites": False,
        "hls_prefer_native": True,
        "external_downloader": {"default": "native"},
        "ffmpeg_location": NO_FFMPEG,  # ffmpeg would fetch encrypted streams itself, past the network guard
        "fixup": "never",
        "writesubtitles": False,
        "cookiefile": None if config.cookies is None else str(config.cookies),
        "ratelimit": config.rate_limit,
        "socket_timeout": config.timeout_s,
        "retries": 0,  # `with_retries` does it
        "extractor_retries": 0,
        "fragment_retries": config.retries,
        "skip_unavailable_fragments": False,
        "retry_sleep_functions": {"fragment": partial(_wait_s, config.backoff_s)},
        "progress_hooks": [check_progress],
        "cachedir": False,
    }
    return GuardedYoutubeDL(params, any_address if config.allow_private else is_public)


def _wait_s(first_s: float, n: int) -> float:
    return first_s * 2.0 ** max(0, n - 1)


def with_retries(config: MediaConfig, attempt: Callable[[], T]) -> T:
    """Call `attempt` and retry it on `RetryableError`, `config.retries` times, with exponential back-off."""
    retrying = Retrying(
        retry=retry_if_exception_type(RetryableError),
        stop=stop_after_attempt(config.retries + 1),
        wait=wait_exponential_jitter(initial=config.backoff_s, max=120, jitter=config.backoff_s),
        reraise=True,
    )
    return retrying(attempt)


@contextmanager
def translated_errors(location: str) -> Iterator[None]:
    """Translate yt-dlp's errors about `location` with `error_from`."""
    from yt_dlp.networking.exceptions import RequestError
    from yt_dlp.utils import YoutubeDLError

    try:
        yield
    except (YoutubeDLError, RequestError, OSError) as error:
        raise error_from(location, error) from error


class _Log:
    """Logs yt-dlp's messages at the debug level: they are meant for programmers."""

    def debug(self, message: str) -> None:
        log.debug("yt-dlp: %s", redacted(message))

    info = warning = error = debug
