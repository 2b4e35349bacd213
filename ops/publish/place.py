"""A place for snapshots: immutable objects by name, and one pointer that is replaced in one step."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.errors import StateError
from shortlist.core.object_storage import SCHEME
from shortlist.ingest.media.s3 import s3_client
from shortlist.ops.publish.manifest import CURRENT
from shortlist.store.backups.files import sync_folder, write_durably
from shortlist.store.lock import locked
from shortlist.store.sql.sqlite_errors import os_error


class Place(Protocol):
    """Objects by name ("blocks/SHA"). An object appears whole or not at all. Thread-safe.

    Raises `StateError` or `ServiceError` if the place cannot be reached, read or written.
    """

    address: str

    def read(self, name: str) -> bytes | None:
        """Return an object; None if there is none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Store an object. The same again changes nothing."""
        ...

    def names(self, folder: str) -> set[str]:
        """Return the names of the objects in `folder`, as "folder/name"."""
        ...

    def remove(self, name: str) -> None:
        """Delete an object. Without one, do nothing."""
        ...

    def pointer(self) -> tuple[bytes, str] | None:
        """Return the pointer and its version; None before the first."""
        ...

    def replace_pointer(self, content: bytes, version: str | None) -> None:
        """Replace the pointer of this `version`; None creates the first. Raises `StateError` if it is another one."""
        ...


def open_place(address: str, media: MediaConfig) -> Place:
    """Return the place at `address`: a folder or s3://BUCKET/PREFIX. Raises `ServiceError` without boto3."""
    if address.startswith(SCHEME):
        client = s3_client(media)  # raises if boto3 is not installed
        from shortlist.ops.publish.s3_place import S3Place

        return S3Place(address, client)
    return FolderPlace(Path(address).expanduser())


class FolderPlace:
    """Files below `folder`, which need not exist. Only their owner can read them. See `Place`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.address = str(folder)

    def read(self, name: str) -> bytes | None:
        """See `Place`."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise os_error(self._folder / name, error) from error

    def write(self, name: str, content: bytes) -> None:
        """See `Place`. The file is flushed to disk, then renamed."""
        path = self._folder / name
        part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
        try:
            for folder in (self._folder, path.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                os.close(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600))
                write_durably(part, content)
                part.replace(path)
            finally:
                with suppress(OSError):
                    part.unlink()
            sync_folder(path.parent)
        except OSError as error:
            raise os_error(path, error) from error

    def names(self, folder: str) -> set[str]:
        """See `Place`. Files that a killed process left unfinished are deleted."""
        for dead in (self._folder / folder).glob(".*.part"):
            dead.unlink(missing_ok=True)
        return {f"{folder}/{path.name}" for path in (self._folder / folder).glob("[!.]*")}

    def remove(self, name: str) -> None:
        """See `Place`."""
        (self._folder / name).unlink(missing_ok=True)

    def pointer(self) -> tuple[bytes, str] | None:
        """See `Place`. The version is the content."""
        content = self.read(CURRENT)
        return None if content is None else (content, content.decode(errors="replace"))

    def replace_pointer(self, content: bytes, version: str | None) -> None:
        """See `Place`."""
        with locked(self._folder / "current.lock", "another process publishes to the same folder"):
            before = self.pointer()
            if (before and before[1]) != version:
                raise moved(self.address)
            self.write(CURRENT, content)


def moved(address: str) -> StateError:
    """Return the error for a pointer that another process has replaced."""
    return StateError(
        f"another process has published to {address}", expected="one that publishes to an address at a time",
        found="a newer snapshot", remedy="run `shortlist ops publish` again on one machine",
    )  # fmt: skip
