"""An inbox in object storage: `s3://BUCKET/PREFIX`, on Amazon S3 or any compatible server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from shortlist.core.object_storage import SCHEME, error_code, is_missing, split_folder
from shortlist.ingest.media.s3 import reaching
from shortlist.ops.data.inbox import FILE_KINDS, INCOMING, Found, is_unfinished


class S3Inbox:
    """The inbox at `address`. An object appears when its upload is complete; its ETag is its version.

    Deliveries come at least once and in any order. An object stays in incoming/ until its file is stored.
    Its methods raise `ServiceError` if the bucket cannot be reached. `client` is of boto3.
    """

    def __init__(self, address: str, client: Any) -> None:
        self._bucket, self._prefix = split_folder(address)
        self._client = client

    def found(self) -> Iterator[Found]:
        """See `Inbox`."""
        for kind in FILE_KINDS:
            folder = f"{self._prefix}{INCOMING}/{kind}/"
            for entry in self._entries(folder):
                name = entry["Key"].removeprefix(folder)
                if is_safe(name):
                    yield Found(kind, name, entry["ETag"].strip('"'))

    def n_incomplete(self) -> int:
        """See `Inbox`. Object storage shows complete objects only."""
        return 0

    def take(self, found: Found, target: Path) -> bool:
        """See `Inbox`. The object is downloaded."""
        return self._download(self._incoming(found), target)

    def clear(self, found: Found) -> None:
        """See `Inbox`. A newer version of the object stays."""
        key = self._incoming(found)
        with reaching(self._location(key)):
            try:
                head = self._client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if is_missing(error):
                    return
                raise
            if head["ETag"].strip('"') == found.version:
                self._client.delete_object(Bucket=self._bucket, Key=key)

    def keep(self, path: Path, name: str) -> str:
        """See `Inbox`. The file is uploaded, then deleted here."""
        key = self._prefix + name
        with reaching(self._location(key)):
            self._client.upload_file(str(path), self._bucket, key)
        path.unlink()
        return self._location(key)

    def put(self, name: str, content: bytes) -> None:
        """See `Inbox`."""
        key = self._prefix + name
        with reaching(self._location(key)):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=content)

    def move(self, found: Found, name: str) -> None:
        """See `Inbox`. The object is copied by the server, then deleted."""
        source, key = self._incoming(found), self._prefix + name
        with reaching(self._location(key)):
            try:
                self._client.copy(
                    {"Bucket": self._bucket, "Key": source}, self._bucket, key,
                    ExtraArgs={"CopySourceIfMatch": f'"{found.version}"'},
                )  # fmt: skip
            except ClientError as error:
                if is_missing(error) or _is_changed(error):
                    return
                raise
        self.clear(found)

    def fetch(self, name: str, target: Path) -> None:
        """See `Inbox`."""
        if not self._download(self._prefix + name, target):
            raise FileNotFoundError(self._location(self._prefix + name))
        self.remove(name)

    def remove(self, name: str) -> None:
        """See `Inbox`."""
        with reaching(self._location(self._prefix + name)):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def names(self, folder: str) -> Iterator[str]:
        """See `Inbox`."""
        for entry in self._entries(f"{self._prefix}{folder}/"):
            if entry["Key"].rpartition("/")[2] not in ("", ".", ".."):
                yield entry["Key"].removeprefix(self._prefix)

    def copy(self, name: str, target: Path) -> bool:
        """See `Inbox`."""
        return self._download(self._prefix + name, target)

    def _entries(self, folder: str) -> list[dict[str, Any]]:
        with reaching(self._location(folder)):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=folder)
            return [entry for page in pages for entry in page.get("Contents", ())]

    def _download(self, key: str, target: Path) -> bool:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        with reaching(self._location(key)):
            try:
                self._client.download_file(self._bucket, key, str(part))
            except ClientError as error:
                if is_missing(error):
                    return False
                raise
        part.rename(target)
        return True

    def _incoming(self, found: Found) -> str:
        return f"{self._prefix}{INCOMING}/{found.kind}/{found.name}"

    def _location(self, key: str) -> str:
        return f"{SCHEME}{self._bucket}/{key}"


def is_safe(name: str) -> bool:
    """Return whether the name of an object is that of a complete file, and may become a path below a folder."""
    parts = name.split("/")
    return not is_unfinished(parts[-1]) and all(part not in ("", ".", "..") and "\\" not in part for part in parts)


def _is_changed(error: ClientError) -> bool:
    return error_code(error) in ("412", "PreconditionFailed")
