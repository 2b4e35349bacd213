"""Media files in object storage: `s3://BUCKET/PREFIX`, at Amazon or any server that speaks its protocol.

Keys to the storage come from where boto3 looks for them (its own environment variables, ~/.aws, the machine's role).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from shortlist.core.config import MediaConfig
from shortlist.core.errors import MediaError, ServiceError
from shortlist.ingest.media.files import check_size, video_of_file
from shortlist.ingest.media.item import Entry, Fetched, Item, Unwanted, Wanted
from shortlist.ingest.media.local import ENDINGS
from shortlist.ingest.media.reasons import explained
from shortlist.ingest.tables.rows import Failure

SCHEME = "s3://"
PARTIAL = ".part"


class BucketSource:
    """The media files whose keys begin with the prefix of `address`, in order of their keys."""

    def __init__(self, address: str, config: MediaConfig, wanted: Wanted) -> None:
        self._address = address
        self._bucket, _, self._prefix = address.removeprefix(SCHEME).partition("/")
        self._config = config
        self._wanted = wanted

    def items(self) -> Iterator[Entry]:
        """See `Source`. A bucket that cannot be listed is a `Failure`."""
        client = _client(self._config)
        try:
            yield from islice(self._listed(client), self._wanted.limit)
        except MediaError as error:
            yield Failure(self._address, str(error))

    def _listed(self, client: Any) -> Iterator[Item]:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        with _translated(self._address):
            for page in pages:
                for found in page.get("Contents", ()):
                    key, size = found["Key"], int(found["Size"])
                    if PurePosixPath(key).suffix.lower() in ENDINGS:
                        location = f"{SCHEME}{self._bucket}/{key}"
                        version = found["ETag"].strip('"')
                        yield Item(location, partial(self._fetch, client, key, size, version), version)

    def _fetch(self, client: Any, key: str, size: int, version: str, folder: Path) -> Fetched | Unwanted:
        location, name = f"{SCHEME}{self._bucket}/{key}", PurePosixPath(key).name
        check_size(size, self._config.max_bytes, name)
        named = hashlib.sha256(f"{location} {version}".encode()).hexdigest()[:32]
        path = folder / f"{named}{PurePosixPath(key).suffix.lower()}"
        if not path.exists():
            partial_path = path.with_name(path.name + PARTIAL)
            with _translated(location):
                client.download_file(self._bucket, key, str(partial_path))
                partial_path.replace(path)
        try:
            video = video_of_file(path, name)
        except MediaError:
            path.unlink()
            raise
        objection = self._wanted.objection(video.duration_s, None)
        if objection:
            path.unlink()
            return Unwanted(location, objection)
        return Fetched(video, path, ours=True)


def _client(config: MediaConfig) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise ServiceError(
            "boto3 is not installed",
            expected="the package boto3, which reads object storage",
            found="none",
            remedy="run `pip install 'shortlist[s3]'`",
        ) from error
    retries = {"max_attempts": config.retries + 1, "mode": "standard"}
    return boto3.client(
        "s3",
        endpoint_url=config.s3_endpoint,
        config=Config(retries=retries, connect_timeout=config.timeout_s, read_timeout=config.timeout_s),
    )


@contextmanager
def _translated(location: str) -> Iterator[None]:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error, OSError) as error:
        raise explained(location, str(error)) from error
