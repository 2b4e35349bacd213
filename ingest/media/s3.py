"""Media files in object storage: `s3://BUCKET/PREFIX`, on Amazon S3 or any compatible server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.errors import MediaError, ServiceError
from shortlist.core.object_storage import SCHEME, aws_client, split_address
from shortlist.ingest.media.error_messages import media_error
from shortlist.ingest.media.local_files import SUFFIXES
from shortlist.ingest.media.media_file import check_size, download_name, video_of_file
from shortlist.ingest.media.source import Entry, Fetched, Item, MediaFilter, Skipped
from shortlist.ingest.tables.rows import Failure

PARTIAL = ".part"


class S3Source:
    """The media files whose keys begin with the prefix in `address`, sorted by key."""

    def __init__(self, address: str, config: MediaConfig, media_filter: MediaFilter) -> None:
        self._address = address
        self._bucket, self._prefix = split_address(address)
        self._config = config
        self._media_filter = media_filter

    def items(self) -> Iterator[Entry]:
        """See `Source`. Yields a `Failure` if the bucket cannot be listed."""
        client = s3_client(self._config)
        try:
            yield from islice(self._list(client), self._media_filter.limit)
        except MediaError as error:
            yield Failure(self._address, str(error), error.code)

    def _list(self, client: Any) -> Iterator[Item]:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        with translated_errors(self._address):
            for page in pages:
                for entry in page.get("Contents", ()):
                    key, size = entry["Key"], int(entry["Size"])
                    if PurePosixPath(key).suffix.lower() in SUFFIXES:
                        location = f"{SCHEME}{self._bucket}/{key}"
                        version = entry["ETag"].strip('"')
                        yield Item(location, partial(self._fetch, client, key, size, version), version)

    def _fetch(self, client: Any, key: str, size: int, version: str, folder: Path) -> Fetched | Skipped:
        location, name = f"{SCHEME}{self._bucket}/{key}", PurePosixPath(key).name
        check_size(size, self._config.max_bytes, name)
        path = folder / f"{download_name(location, version)}{PurePosixPath(key).suffix.lower()}"
        if not path.exists():
            partial_path = path.with_name(path.name + PARTIAL)
            with translated_errors(location):
                client.download_file(self._bucket, key, str(partial_path))
                partial_path.replace(path)
        try:
            video = video_of_file(path, name)
        except MediaError:
            path.unlink()
            raise
        rejection = self._media_filter.rejection(video.duration_s, None)
        if rejection:
            path.unlink()
            return Skipped(location, rejection)
        return Fetched(video, path, temporary=True)


def s3_client(config: MediaConfig) -> Any:
    """Return a client of `config.s3_endpoint` or Amazon S3. Raises `ServiceError` if boto3 is not installed."""
    return aws_client("s3", config.retries + 1, config.timeout_s, config.s3_endpoint)


@contextmanager
def translated_errors(location: str) -> Iterator[None]:
    """Raise the errors of boto3 and of the file system in the body as `MediaError` about `location`."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error, OSError) as error:
        raise media_error(location, str(error)) from error


@contextmanager
def reaching(location: str) -> Iterator[None]:
    """Raise the same errors in the body as `ServiceError`: for places that must be listed, read and written."""
    try:
        with translated_errors(location):
            yield
    except MediaError as error:
        raise ServiceError(
            f"cannot work in {location}",
            expected="object storage that can be listed, read and written",
            found=error.found,
            remedy="check the address, the credentials (docs/ingest.md) and media.s3_endpoint",
        ) from error
