"""Co-watch counts: links between videos that the same reader watched one after the other.

Two videos of one reader's sequence that are `d` <= `REACH` positions apart add d^-`FADING` to the link from the earlier
to the later. Counts are integers, so that subtracting an old sequence and adding the new one gives exactly the same as
counting all events again.
"""

from __future__ import annotations

import logging
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from scipy.sparse import coo_array, csr_array

from shortlist.retrieval.vectors.arrays import Ints
from shortlist.store.home import Home

REACH = 20
FADING = 0.25
UNIT = 1000  # added to a link by neighbours in a sequence

# A reader's clicks, views and likes of videos in time order, each with its number in the event store.
Watches = Sequence[tuple[str, int]]
FORMAT = 5
NAME = "cowatch.npz"
# Events that the file does not include are counted at every start. From this share of all events on, it is rewritten.
UNWRITTEN = 0.02

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Links:
    """Links between n videos: `forward`, int64[n, n] in `UNIT`s, has the link from video a (row) to b (column).

    `ids[i]` is the id of video i, and `watched[i]` the number of its readers. `readers` is the number of all readers
    with a sequence. The events up to number `counted` are included.
    """

    ids: tuple[str, ...]
    forward: csr_array
    watched: Ints
    readers: int
    counted: int

    @classmethod
    def empty(cls) -> Links:
        """Return links that include no event."""
        return cls((), csr_array((0, 0), dtype=np.int64), np.empty(0, dtype=np.int64), 0, 0)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Number of each video, by id."""
        return {item_id: number for number, item_id in enumerate(self.ids)}

    def updated(self, readers: Iterable[Watches], until: int) -> Links:
        """Return links with the events up to `until`. `readers`: all watches of readers with one after `counted`."""
        known = dict(self.numbers)
        before: list[list[int]] = []
        after: list[list[int]] = []
        for watches in readers:
            for sequences, last in ((before, self.counted), (after, until)):
                items = dict.fromkeys(item for item, number in watches if number <= last)
                sequences.append([known.setdefault(item, len(known)) for item in items])
        changed = [_apart(old, new) for old, new in zip(before, after, strict=True)]
        n = len(known)
        forward = self._grown(n) + _pairs([new for _, new in changed], n) - _pairs([old for old, _ in changed], n)
        watched = np.pad(self.watched, (0, n - len(self.ids))) + _counts(after, n) - _counts(before, n)
        n_readers = self.readers + sum(map(bool, after)) - sum(map(bool, before))
        return Links(tuple(known), forward, watched, n_readers, until)

    def _grown(self, n: int) -> csr_array:
        starts = np.pad(self.forward.indptr, (0, n - len(self.ids)), mode="edge")
        return csr_array((self.forward.data, self.forward.indices, starts), shape=(n, n))


def _apart(old: list[int], new: list[int]) -> tuple[list[int], list[int]]:
    """Return both sequences without the common prefix that is out of `REACH` of their first difference."""
    same = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), len(old))
    start = max(0, min(same, len(new)) - REACH)
    return old[start:], new[start:]


def _pairs(sequences: Sequence[Sequence[int]], n: int) -> csr_array:
    """Return int64[n, n]: the links of `sequences`."""
    items = _joined(sequences)
    owner = np.repeat(np.arange(len(sequences)), [len(one) for one in sequences])
    rows, columns, values = [items[:0]], [items[:0]], [items[:0]]
    for distance in range(1, min(REACH, max(map(len, sequences), default=1) - 1) + 1):
        together = owner[:-distance] == owner[distance:]
        rows.append(items[:-distance][together])
        columns.append(items[distance:][together])
        values.append(np.full(len(rows[-1]), round(UNIT * distance**-FADING), dtype=np.int64))
    parts = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return coo_array(parts, shape=(n, n)).tocsr()


def _counts(sequences: Sequence[Sequence[int]], n: int) -> Ints:
    return np.bincount(_joined(sequences), minlength=n)


def _joined(sequences: Sequence[Sequence[int]]) -> Ints:
    return np.concatenate([np.empty(0, dtype=np.int64), *(np.array(one, dtype=np.int64) for one in sequences)])


def load_links(home: Home, folder: Path) -> Links:
    """Return the links up to the newest event of `home`: those cached in `folder`, updated with the events since.

    After a removal of events all are counted again, because the file does not record the sequences of readers.
    """
    newest, removal = home.catalogue.events.version()
    kept = _read(folder / NAME, home, removal)
    if kept.counted == newest:
        return kept
    links = kept.updated(home.catalogue.events.iterate_watches(kept.counted), newest)
    if newest - kept.counted > UNWRITTEN * newest:
        _write(folder / NAME, home, links, removal)
    return links


def _read(path: Path, home: Home, removal: str) -> Links:
    """Return the links in the file, or none if it is missing, damaged, of another home, or counts removed events."""
    try:
        with np.load(BytesIO(_checked(path)), allow_pickle=False) as file:
            counted = int(file["counted"])
            if (int(file["format"]), str(file["home_id"]), str(file["removal"])) != (FORMAT, home.home_id, removal):
                return Links.empty()
            if str(file["last"]) != _last(home, counted):
                return Links.empty()
            text = file["ids"].tobytes().decode()
            ids = tuple(text.split("\n")) if text else ()  # an id has printable characters only
            parts = (file["values"], file["columns"], file["starts"])
            forward = csr_array(parts, shape=(len(ids), len(ids)))
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


def _write(path: Path, home: Home, links: Links, removal: str) -> None:
    """Replace the file. If the home is read-only, the old file stays."""
    fresh = path.with_name(f"{NAME}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = BytesIO()
        np.savez(
            content,
            format=np.array(FORMAT),
            home_id=np.array(home.home_id),
            removal=np.array(removal),
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
