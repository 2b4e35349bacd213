"""Opening Chroma quietly, and turning its errors into ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from core.errors import HomeDamaged, StateError
from store.failures import no_space, not_writable
from store.seal import break_seal, write_seal

if TYPE_CHECKING:
    from chromadb.api.client import Client


def open_client(folder: Path) -> Client:
    """A client of the Chroma folder, which is made if it is not there. Raises `HomeDamaged` or `StateError`."""
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    with chroma_errors(folder):
        changed = break_seal(folder)
        if changed is not None:
            raise damaged_chroma(folder, f"another content of {changed}")
        try:
            client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        except BaseException:
            SharedSystemClient.clear_system_cache()  # it keeps what failed, and would hand it out again
            raise
    return cast("Client", client)  # the declared type lacks `close`


def close_client(client: Client, folder: Path) -> None:
    """Close Chroma and seal its folder. Raises `StateError`."""
    with chroma_errors(folder):
        client.close()
        write_seal(folder)


@contextmanager
def chroma_errors(folder: Path) -> Iterator[None]:
    """Translate what Chroma raises inside; only calls of Chroma belong there."""
    from chromadb.errors import ChromaError

    try:
        yield
    except StateError:
        raise
    except (ChromaError, sqlite3.Error, OSError, ValueError, AttributeError) as error:
        raise _translated(folder, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a panic of Chroma's Rust core is no Exception
            raise
        raise _translated(folder, error) from error


def _translated(folder: Path, error: BaseException) -> StateError:
    cause = error
    while cause.__context__ is not None:  # Chroma covers the reason with errors of its own
        cause = cause.__context__
    message = (str(cause) or type(cause).__name__).splitlines()[0]
    if "disk is full" in message or "No space left" in message:
        return no_space(folder, message)
    if "readonly database" in message or "Permission denied" in message or "Read-only" in message:
        return not_writable(folder, message)
    return damaged_chroma(folder, message)


def damaged_chroma(folder: Path, found: str) -> HomeDamaged:
    """The Chroma folder cannot be used; `found` says how that showed."""
    return HomeDamaged(
        f"the Chroma folder {folder} is damaged",
        expected="documents as they were written",
        found=found,
        remedy="make it anew from the catalogue with `shortlist rebuild`",
    )
