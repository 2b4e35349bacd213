"""Merge large segments while other processes read and write the index.

A commit merges few rows (see `merge_policy.MAX_COMMIT_ROWS`); this merges the rest. The unfinished segment has a name
that writers do not take for an orphan. It belongs to the process that holds `merging.lock`, which first deletes the
unfinished segment of a process that died.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from shortlist.core.errors import HomeDamaged, HomeLocked
from shortlist.core.types import KINDS, Kind
from shortlist.retrieval.checksums import FileChecksum
from shortlist.retrieval.index.index import FOLDER
from shortlist.retrieval.index.manifest import Manifest, SegmentEntry, read_manifest, sync_folder, write_manifest
from shortlist.retrieval.index.merge_policy import segments_to_merge
from shortlist.retrieval.index.segment import Segment, SegmentView, merge_segments
from shortlist.retrieval.index.segment_io import entry_of, map_segment, remove_orphans, segment_name, store_segment
from shortlist.store.home import Home
from shortlist.store.sql.sqlite_errors import os_error

LOCK = "merging.lock"  # not in the folder of the index, which a rebuild removes
MERGED = "merged"
WRITER_WAIT_S = 60.0

Inputs = Sequence[tuple[SegmentEntry, SegmentView]]

log = logging.getLogger(__name__)


def merge_in_background(
    home: Home, on_start: Callable[[int], None] | None = None, wait_s: float = WRITER_WAIT_S
) -> bool:
    """Merge the segments of `home` that are due. Return whether any were merged. The index stays at its revision.

    `on_start` is called with the number of rows before a merge, which may take minutes. The writer lock is held only
    while the new segment replaces the old ones. If another writer holds it for more than `wait_s` seconds, the merge is
    left to the next call. Returns False at once while another process or thread merges. Raises `StateError` if files
    cannot be written, and `ServiceError` if the database of the home cannot be reached.
    """
    folder = home.path / FOLDER
    try:
        with FileLock(home.path / LOCK, timeout=0):
            _remove_unfinished(folder)
            try:
                merged = [_merge(home, kind, on_start, wait_s) for kind in KINDS]
                return any(merged)
            finally:
                _remove_unfinished(folder)
    except Timeout:
        return False
    except HomeLocked as error:
        log.warning("the index was not merged, the next attempt comes later: %s", error)
    except (HomeDamaged, FileNotFoundError) as error:
        log.info("the index was not merged, another process has changed it or it needs a rebuild: %s", error)
    except OSError as error:
        raise os_error(folder, error) from error
    return False


def _merge(home: Home, kind: Kind, on_start: Callable[[int], None] | None, wait_s: float) -> bool:
    folder = home.path / FOLDER
    due = _due(read_manifest(folder, home.home_id, home.encoder), kind)
    if not due:
        return False
    parts = [SegmentView.of(map_segment(folder, entry), entry.dead) for entry in due]
    if on_start is not None:
        on_start(sum(part.n_live for part in parts))
    segment, files = store_segment(folder, MERGED, merge_segments(parts))

    def replace() -> bool:
        with home.writing("merging the index"):
            return _replace(home, list(zip(due, parts, strict=True)), segment, files)

    retry = Retrying(
        retry=retry_if_exception_type(HomeLocked),
        stop=stop_after_delay(wait_s),
        wait=wait_exponential(multiplier=0.05, max=1),
        reraise=True,
    )
    return retry(replace)


def _due(manifest: Manifest, kind: Kind) -> list[SegmentEntry]:
    entries = [entry for entry in manifest.entries if entry.kind == kind]
    sizes = [(entry.rows - len(entry.dead), len(entry.dead)) for entry in entries]
    return [entries[at] for at in segments_to_merge(sizes)]


def _replace(home: Home, inputs: Inputs, segment: Segment, files: dict[str, FileChecksum]) -> bool:
    """Replace those `inputs` that are still in the index with `segment`. Return False if none is."""
    folder = home.path / FOLDER
    manifest = read_manifest(folder, home.home_id, home.encoder)
    current = _current_entries(manifest, inputs)
    if not current:
        return False
    deleted = [item_id for entry, part in inputs for item_id in _deleted_ids(part, current.get(entry.name))]
    remove_orphans(folder, {entry.name for entry in manifest.entries})
    name = segment_name(manifest.serial + 1)
    (folder / MERGED).rename(folder / name)
    sync_folder(folder)
    merged = entry_of(name, SegmentView(segment).without(deleted), files)
    first, *others = current
    entries = tuple(merged if entry.name == first else entry for entry in manifest.entries if entry.name not in others)
    write_manifest(folder, manifest.model_copy(update={"serial": manifest.serial + 1, "entries": entries}))
    remove_orphans(folder, {entry.name for entry in entries})
    return True


def _current_entries(manifest: Manifest, inputs: Inputs) -> dict[str, SegmentEntry]:
    """Return the entries of `manifest` that are `inputs`, by name, oldest first.

    Their files are compared, too, because a rebuilt index uses the same names.
    """
    files = {entry.name: entry.files for entry, _ in inputs}
    return {entry.name: entry for entry in manifest.entries if files.get(entry.name) == entry.files}


def _deleted_ids(before: SegmentView, now: SegmentEntry | None) -> list[str]:
    """Return the ids whose rows became tombstones; all live ids if a commit has merged the segment (`now` is None)."""
    if now is None:
        return before.live_ids()
    rows = np.setdiff1d(np.array(now.dead, dtype=np.int64), before.dead)
    return [before.segment.ids[row] for row in rows.tolist()]


def _remove_unfinished(folder: Path) -> None:
    for name in (MERGED, f"{MERGED}.new"):
        shutil.rmtree(folder / name, ignore_errors=True)
