"""From what a person writes to a source of media: one line a scheme."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from shortlist.core.config import MediaConfig
from shortlist.core.errors import UsageError
from shortlist.ingest.media.addresses import AddressSource
from shortlist.ingest.media.bucket import BucketSource
from shortlist.ingest.media.item import Source, Wanted
from shortlist.ingest.media.local import LocalSource

LOCAL = ""
SCHEMES: dict[str, Callable[[str, MediaConfig, Wanted], Source]] = {
    LOCAL: lambda text, config, wanted: LocalSource(Path(text), config, _file_limits(config, wanted)),
    "http": AddressSource,
    "https": AddressSource,
    "s3": lambda text, config, wanted: BucketSource(text, config, _file_limits(config, wanted)),
}


def source_of(text: str, config: MediaConfig, wanted: Wanted) -> Source:
    """The source that `text` names: a path, or an address. Raises `UsageError` for any other scheme or an empty place.

    Where `wanted` sets no limit, addresses are limited to `config.max_duration_s`, files to `max_file_duration_s`.
    """
    scheme = scheme_of(text)
    if scheme not in SCHEMES:
        raise _refused("unknown kind of source", "a path, or an address with http, https or s3", f"{scheme}://")
    if scheme.startswith("http"):
        if urlsplit(text).username is not None:
            raise _refused("a password in an address", "an address without one", "user:password@", "use --cookies FILE")
        if config.cookies is not None and not config.cookies.is_file():
            raise _refused(
                "no cookies", "a cookies.txt that a browser exported", str(config.cookies), "correct the path"
            )
        if wanted.max_duration_s is None:
            wanted = replace(wanted, max_duration_s=config.max_duration_s)
    return SCHEMES[scheme](text, config, wanted)


def is_gone(text: str) -> bool:
    """Whether `text` is a path where nothing lies any more."""
    return scheme_of(text) == LOCAL and not os.path.lexists(text)


def scheme_of(text: str) -> str:
    """ "http", "s3" and so on; "" for a path."""
    scheme, mark, _ = text.partition("://")
    return scheme.lower() if mark else LOCAL


def _file_limits(config: MediaConfig, wanted: Wanted) -> Wanted:
    return wanted if wanted.max_duration_s is not None else replace(wanted, max_duration_s=config.max_file_duration_s)


def _refused(problem: str, expected: str, found: str, remedy: str = "correct the source") -> UsageError:
    return UsageError(problem, expected=expected, found=found, remedy=remedy)
