"""The co-watch counts of a home in a file, so that a process counts only the events since."""

from __future__ import annotations

import logging
import os
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import scipy  # loads scipy.sparse when it is first used

from shortlist.retrieval.index.cowatch_counts import Links
from shortlist.store.home import Home

FORMAT = 6
NAME = "cowatch.npz"
# Events that the file does not include are counted at every start. From this share of all events on, it is rewritten.
UNWRITTEN = 0.02

log = logging.getLogger(__name__)


def load_links(home: Home, folder: Path, top: int | None = None) -> Links:
    """Return the links up to the newest event of `home`: those cached in `folder`, updated with the events since.

    With `top` only the strongest links of each video are kept, see `Links.strongest`. After a removal of events, or if
    the file has fewer links than that, all events are counted again: the file does not record the sequences of readers.
    """
    newest, removal = home.catalogue.events.version()
    kept = _read(folder / NAME, home, removal, top)
    if kept.counted == newest:
        return kept.strongest(top)
    links = kept.updated(home.catalogue.events.iterate_watches(kept.counted), newest).strongest(top)
    if newest - kept.counted > UNWRITTEN * newest:
        write_links(folder, home, links, removal, top)
    return links


def _read(path: Path, home: Home, removal: str, top: int | None) -> Links:
    """Return the links in the file, or none if it is missing, damaged, of another home, or counts removed events.

    Also none if it has fewer than the `top` links of each video.
    """
    try:
        with np.load(BytesIO(_checked(path)), allow_pickle=False) as file:
            counted = int(file["counted"])
            if (int(file["format"]), str(file["home_id"]), str(file["removal"])) != (FORMAT, home.home_id, removal):
                return Links.empty()
            if 0 < int(file["top"]) < (top or np.inf):
                return Links.empty()
            if str(file["last"]) != _last(home, counted):
                return Links.empty()
            text = file["ids"].tobytes().decode()
            ids = tuple(text.split("\n")) if text else ()  # an id has printable characters only
            parts = (file["values"], file["columns"], file["starts"])
            forward = scipy.sparse.csr_array(parts, shape=(len(ids), len(ids)))
            return Links(ids, forward, file["watched"], int(file["readers"]), counted)
    except FileNotFoundError:
        return Links.empty()
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        log.info("cannot read the co-watch file, counting all events: %s", error)
        return Links.empty()


def cowatch_is_damaged(folder: Path) -> bool:
    """Return whether the file in `folder` is damaged. `load_links` ignores a damaged file and counts all events."""
    try:
        _checked(folder / NAME)
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    return False


def _checked(path: Path) -> bytes:
    """Return the file without its last four bytes, which are its CRC-32. Raises `ValueError` if they do not match."""
    content = path.read_bytes()
    if zlib.crc32(content[:-4]) != int.from_bytes(content[-4:], "big"):
        raise ValueError("the file is not what was written")
    return content[:-4]


def _last(home: Home, counted: int) -> str:
    """Return the last counted event. Its number is not enough: numbers are used again after a backup is restored."""
    return repr(home.catalogue.events.get_numbered(counted))


def write_links(folder: Path, home: Home, links: Links, removal: str, top: int | None) -> None:
    """Replace the file in `folder`. If the home is read-only, the old file stays."""
    path = folder / NAME
    fresh = path.with_name(f"{NAME}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = BytesIO()
        np.savez(
            content,
            format=np.array(FORMAT),
            home_id=np.array(home.home_id),
            removal=np.array(removal),
            top=np.array(top or 0),
            counted=np.array(links.counted),
            last=np.array(_last(home, links.counted)),
            ids=np.frombuffer("\n".join(links.ids).encode(), dtype=np.uint8),
            watched=links.watched,
            readers=np.array(links.readers),
            values=links.forward.data,
            columns=links.forward.indices,
            starts=links.forward.indptr,
        )
        fresh.write_bytes(content.getvalue() + zlib.crc32(content.getvalue()).to_bytes(4, "big"))
        fresh.replace(path)
    except OSError as error:
        log.info("cannot write the co-watch file: %s", error)
        with suppress(OSError):
            fresh.unlink()
