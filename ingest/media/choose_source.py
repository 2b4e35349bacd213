"""Choose the media source for a path or an address by its scheme."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.errors import UsageError
from shortlist.ingest.media.local_files import LocalSource
from shortlist.ingest.media.s3 import S3Source
from shortlist.ingest.media.source import MediaFilter, Source
from shortlist.ingest.media.urls import UrlSource

LOCAL = ""
SCHEMES: dict[str, Callable[[str, MediaConfig, MediaFilter], Source]] = {
    LOCAL: lambda text, config, media_filter: LocalSource(Path(text), config, _file_limits(config, media_filter)),
    "http": UrlSource,
    "https": UrlSource,
    "s3": lambda text, config, media_filter: S3Source(text, config, _file_limits(config, media_filter)),
}


def source_of(text: str, config: MediaConfig, media_filter: MediaFilter) -> Source:
    """Return the source for `text`, a path or an address.

    Without a maximum duration in `media_filter`, addresses are limited to `config.max_duration_s` and files to
    `config.max_file_duration_s`. Raises `UsageError` for an unknown scheme or a path that does not exist.
    """
    scheme = scheme_of(text)
    if scheme not in SCHEMES:
        raise _source_error("unknown kind of source", "a path, or an address with http, https or s3", f"{scheme}://")
    if scheme.startswith("http"):
        if urlsplit(text).username is not None:
            raise _source_error(
                "a password in an address", "an address without one", "user:password@", "use --cookies FILE"
            )
        if config.cookies is not None and not config.cookies.is_file():
            raise _source_error(
                "no such file of cookies", "a cookies.txt from a browser", str(config.cookies), "correct the path"
            )
        if media_filter.max_duration_s is None:
            media_filter = replace(media_filter, max_duration_s=config.max_duration_s)
    return SCHEMES[scheme](text, config, media_filter)


def is_missing_file(text: str) -> bool:
    """Return whether `text` is a path that no longer exists."""
    return scheme_of(text) == LOCAL and not os.path.lexists(text)


def scheme_of(text: str) -> str:
    """Return the scheme in lower case, such as "https" or "s3"; "" for a path."""
    scheme, mark, _ = text.partition("://")
    return scheme.lower() if mark else LOCAL


def _file_limits(config: MediaConfig, media_filter: MediaFilter) -> MediaFilter:
    return (
        media_filter
        if media_filter.max_duration_s is not None
        else replace(media_filter, max_duration_s=config.max_file_duration_s)
    )


def _source_error(problem: str, expected: str, found: str, remedy: str = "correct the source") -> UsageError:
    return UsageError(problem, expected=expected, found=found, remedy=remedy)
