"""The links between videos on disk: one file beside the index, brought up to date with the event store at every start.

Whoever counts may write it, without a lock: it is replaced as a whole, and what it says is true of the events up to
the number in it, whichever process was last.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from scipy.sparse import csr_array

from shortlist.retrieval.cowatch import Links
from shortlist.store.home import Home

FORMAT = 2
NAME = "cowatch.npz"
# Events not yet in the file are counted at every start: it is written again when they are this share of all.
UNWRITTEN = 0.02

log = logging.getLogger(__name__)


def load_links(home: Home, folder: Path) -> Links:
    """The links up to the newest event of `home`: those kept in `folder` and what happened since."""
    newest = home.catalogue.newest_event()
    kept = _read(folder / NAME, home)
    if kept.counted == newest:
        return kept
    links = kept.followed(home.catalogue.iter_watches(kept.counted), newest)
    if newest - kept.counted > UNWRITTEN * newest:
        _write(folder / NAME, home, links)
    return links


def _read(path: Path, home: Home) -> Links:
    """What the file says; nothing where there is none, or one that is damaged, foreign or of other events."""
    try:
        with np.load(path, allow_pickle=False) as file:  # a zip: damage does not pass its checksums
            counted = int(file["counted"])
            if (int(file["format"]), str(file["home_id"])) != (FORMAT, home.home_id):
                return Links.none()
            if str(file["last"]) != _last(home, counted):
                return Links.none()
            text = file["ids"].tobytes().decode()
            ids = tuple(text.split("\n")) if text else ()  # an id has printable characters only
            parts = (file["values"], file["columns"], file["starts"])
            forward = csr_array(parts, shape=(len(ids), len(ids)))
            return Links(ids, forward, file["watched"], counted)
    except FileNotFoundError:
        return Links.none()
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        log.info("the links between videos are counted anew: %s", error)
        return Links.none()


def _last(home: Home, counted: int) -> str:
    """The last event that was counted: after a backup was put back, numbers are given to other events."""
    return repr(home.catalogue.event(counted))


def _write(path: Path, home: Home, links: Links) -> None:
    """Replace the file; a home that cannot be written keeps the old one."""
    fresh = path.with_name(f"{NAME}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            np.savez(
                file,
                format=np.array(FORMAT),
                home_id=np.array(home.home_id),
                counted=np.array(links.counted),
                last=np.array(_last(home, links.counted)),
                ids=np.frombuffer("\n".join(links.ids).encode(), dtype=np.uint8),
                watched=links.watched,
                values=links.forward.data,
                columns=links.forward.indices,
                starts=links.forward.indptr,
            )
        fresh.replace(path)
    except OSError as error:
        log.info("the links between videos are not kept: %s", error)
        with suppress(OSError):
            fresh.unlink()
