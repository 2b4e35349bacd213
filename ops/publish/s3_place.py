"""Snapshots in object storage: `s3://BUCKET/PREFIX`, on Amazon S3 or any server with conditional writes."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from shortlist.core.object_storage import SCHEME, error_code, is_missing, split_folder
from shortlist.ingest.media.s3 import reaching
from shortlist.ops.publish.manifest import CURRENT
from shortlist.ops.publish.place import moved

CHANGED = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


class S3Place:
    """The objects at `address`. `client` is of boto3. See `Place`."""

    def __init__(self, address: str, client: Any) -> None:
        self._bucket, self._prefix = split_folder(address)
        self._client = client
        self.address = address

    def read(self, name: str) -> bytes | None:
        """See `Place`."""
        found = self._get(name)
        return None if found is None else found[0]

    def write(self, name: str, content: bytes) -> None:
        """See `Place`. S3 checks the content against the checksum that boto3 sends with it."""
        with reaching(self._location(name)):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content)

    def names(self, folder: str) -> set[str]:
        """See `Place`."""
        with reaching(self._location(folder)):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{self._prefix}{folder}/"
            )
            return {entry["Key"].removeprefix(self._prefix) for page in pages for entry in page.get("Contents", ())}

    def remove(self, name: str) -> None:
        """See `Place`."""
        with reaching(self._location(name)):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def pointer(self) -> tuple[bytes, str] | None:
        """See `Place`. The version is the ETag."""
        return self._get(CURRENT)

    def replace_pointer(self, content: bytes, version: str | None) -> None:
        """See `Place`."""
        condition = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
        with reaching(self._location(CURRENT)):
            try:
                self._client.put_object(Bucket=self._bucket, Key=self._prefix + CURRENT, Body=content, **condition)
            except ClientError as error:
                if error_code(error) in CHANGED:
                    raise moved(self.address) from error
                raise

    def _get(self, name: str) -> tuple[bytes, str] | None:
        with reaching(self._location(name)):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
            return answer["Body"].read(), answer["ETag"]

    def _location(self, name: str) -> str:
        return f"{SCHEME}{self._bucket}/{self._prefix}{name}"
