"""Which video is watched after which: links between videos, counted over the sequences of all readers.

A pair of videos in one reader's sequence, `d` places apart and no more than `REACH`, links the earlier to the later
by d^-`FADING`. Counts are whole numbers, so that taking back an old sequence and adding the new one leaves exactly what
counting all events anew would give.
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
UNIT = 1000  # what neighbours in a sequence add to their link

# A reader's clicks, views and likes of videos in time order, each with its number in the event store.
Watches = Sequence[tuple[str, int]]
FORMAT = 5
NAME = "cowatch.npz"
# Events not yet in the file are counted at every start: it is written again when they are this share of all.
UNWRITTEN = 0.02

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Links:
    """`forward`, int64[n, n]: how often and how closely video b was watched after video a, in `UNIT`s.

    Video i is `ids[i]`, and `watched[i]` of all `readers` who watched anything watched it. Events up to the number
    `counted` are in.
    """

    ids: tuple[str, ...]
    forward: csr_array
    watched: Ints
    readers: int
    counted: int

    @classmethod
    def none(cls) -> Links:
        """Return the links without any event."""
        return cls((), csr_array((0, 0), dtype=np.int64), np.empty(0, dtype=np.int64), 0, 0)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Number of each video, by id."""
        return {item_id: number for number, item_id in enumerate(self.ids)}

    def followed(self, readers: Iterable[Watches], until: int) -> Links:
        """The links with events up to `until`; `readers` are all who watched since `counted`, with all they watched."""
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
    links = kept.followed(home.catalogue.events.iterate_watches(kept.counted), newest)
    if newest - kept.counted > UNWRITTEN * newest:
        _write(folder / NAME, home, links, removal)
    return links


def _read(path: Path, home: Home, removal: str) -> Links:
    """Return the links in the file, or none if it is missing, damaged, of another home, or counts removed events."""
    try:
        with np.load(BytesIO(_checked(path)), allow_pickle=False) as file:
            counted = int(file["counted"])
            if (int(file["format"]), str(file["home_id"]), str(file["removal"])) != (FORMAT, home.home_id, removal):
                return Links.none()
            if str(file["last"]) != _last(home, counted):
                return Links.none()
            text = file["ids"].tobytes().decode()
            ids = tuple(text.split("\n")) if text else ()  # an id has printable characters only
            parts = (file["values"], file["columns"], file["starts"])
            forward = csr_array(parts, shape=(len(ids), len(ids)))
            return Links(ids, forward, file["watched"], int(file["readers"]), counted)
    except FileNotFoundError:
        return Links.none()
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        log.info("the links between videos are counted anew: %s", error)
        return Links.none()


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
    """Return the last counted event, because numbers are used again after a backup was restored."""
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
        log.info("the links between videos are not kept: %s", error)
        with suppress(OSError):
            fresh.unlink()
