"""Read and write segments: folders of numpy arrays, which are memory-mapped, and of text files."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np

from shortlist.core.errors import HomeDamaged
from shortlist.retrieval.checksums import FileChecksum, checksums_of, first_changed
from shortlist.retrieval.index.columns import Columns, Labels
from shortlist.retrieval.index.manifest import REMEDY, SegmentEntry, sync_folder
from shortlist.retrieval.index.postings import Postings
from shortlist.retrieval.index.segment import Segment, SegmentView
from shortlist.retrieval.vectors.ivf import IvfPq, build_ivf

_IDS = "ids.txt"  # one per line: ids have printable characters only
_NAMES = "names.json"
_CELLS = "cells"
_PREFIX = "segment-"


def segment_name(serial: int) -> str:
    """Return the name of the `serial`-th segment folder of an index."""
    return f"{_PREFIX}{serial:08d}"


def remove_orphans(folder: Path, known: Container[str]) -> None:
    """Delete the segments in `folder`, complete or not, whose names are not `known`. Needs the writer lock."""
    for path in folder.glob(f"{_PREFIX}*"):
        if path.name not in known:
            shutil.rmtree(path, ignore_errors=True)


def write_segment(folder: Path, segment: Segment) -> None:
    """Write `segment` as the new folder `folder`, which appears once it is complete on disk."""
    fresh = folder.with_name(f"{folder.name}.new")
    fresh.mkdir(parents=True)
    for name, array in arrays_of(segment).items():
        np.save(fresh / f"{name}.npy", array)
    (fresh / _IDS).write_text("\n".join(segment.ids), encoding="utf-8", newline="\n")
    columns = segment.columns
    names = [columns.category.names, columns.channel.names, columns.language.names]
    (fresh / _NAMES).write_text(json.dumps(names), encoding="utf-8")
    for file in fresh.iterdir():
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
    sync_folder(fresh)
    fresh.rename(folder)
    sync_folder(folder.parent)


def store_segment(folder: Path, name: str, segment: Segment) -> tuple[Segment, dict[str, FileChecksum]]:
    """Write `segment` as `name` in `folder`. Return it memory-mapped, and the checksums of its files."""
    write_segment(folder / name, segment)
    files = checksums_of(folder / name)
    return map_segment(folder, entry_of(name, SegmentView(segment), files)), files


def entry_of(name: str, part: SegmentView, files: dict[str, FileChecksum]) -> SegmentEntry:
    """Return the manifest entry of `part`, which is stored as `name`."""
    n, dim = part.segment.vectors.shape
    return SegmentEntry(name=name, kind=part.segment.kind, rows=n, dim=dim, files=files, dead=tuple(part.dead.tolist()))


def map_segment(folder: Path, entry: SegmentEntry) -> Segment:
    """Memory-map the segment of `entry`. It stays usable when its folder is deleted.

    The first time in a process, every file is read and compared with its checksum: a segment of 100,000 videos takes
    0.1 s. Raises `HomeDamaged` if a file is damaged, and `FileNotFoundError` if one is missing.
    """
    path = folder / entry.name
    try:
        changed = first_changed(path, entry.files)
        if changed:
            raise _damaged(path, f"{changed} with a wrong checksum")
        segment = _map(path, entry)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(path, str(error)) from error
    _check(path, segment, entry)
    return segment


def arrays_of(segment: Segment) -> dict[str, Any]:
    """Return the arrays of `segment` by the names of their files, without `.npy`."""
    columns, postings = segment.columns, segment.postings
    packed = build_ivf(segment.vectors) if segment.kind == "video" else None
    return ({} if packed is None else {_CELLS: packed}) | {
        "vectors": segment.vectors,
        "duration_s": columns.duration_s,
        "published": columns.published,
        "category": columns.category.codes,
        "channel": columns.channel.codes,
        "language": columns.language.codes,
        "keys": postings.keys,
        "starts": postings.starts,
        "rows": postings.rows,
        "counts": postings.counts,
        "lengths": postings.lengths,
    }


def _map(path: Path, entry: SegmentEntry) -> Segment:
    def array(name: str) -> Any:
        return np.load(path / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)

    text = (path / _IDS).read_text(encoding="utf-8")
    category, channel, language = (tuple(names) for names in json.loads((path / _NAMES).read_bytes()))
    columns = Columns(
        array("duration_s"),
        array("published"),
        Labels(array("category"), category),
        Labels(array("channel"), channel),
        Labels(array("language"), language),
    )
    postings = Postings(*(array(name) for name in ("keys", "starts", "rows", "counts", "lengths")))
    cells = IvfPq(array(_CELLS), entry.rows) if f"{_CELLS}.npy" in entry.files else None
    return Segment(entry.kind, text.split("\n") if text else [], array("vectors"), columns, postings, cells)


def _check(path: Path, segment: Segment, entry: SegmentEntry) -> None:
    n, postings = entry.rows, segment.postings
    columns = (postings.lengths, segment.columns.duration_s, segment.columns.published)
    labels = (segment.columns.category, segment.columns.channel, segment.columns.language)
    checks = (
        len(segment.ids) == n,
        segment.vectors.shape == (n, entry.dim),
        all(column.shape == (n,) for column in columns),
        all(label.codes.shape == (n,) for label in labels),
        postings.starts.shape == (len(postings.keys) + 1,),
        len(postings.rows) == len(postings.counts) == postings.starts[-1],
        all(row < n for row in entry.dead),
    )
    if not all(checks):
        raise _damaged(path, f"check {checks.index(False) + 1} of {len(checks)} failed")


def _damaged(path: Path, found: str) -> HomeDamaged:
    return HomeDamaged(f"damaged index folder {path.name}", expected="consistent files", found=found, remedy=REMEDY)
