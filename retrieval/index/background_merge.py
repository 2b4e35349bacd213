"""Large merges, aside: others read and write the index while a merged segment is made; one new manifest puts it in.

This does what a commit may not (see `compaction.AT_ONCE`). An unfinished segment is not named as one, so that no writer
takes it for an orphan: it belongs to whoever holds `merging.lock`, who first removes what a dead one left.
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
from shortlist.retrieval.index.index import FOLDER
from shortlist.retrieval.index.manifest import (
    FileChecksum,
    Manifest,
    SegmentEntry,
    read_manifest,
    sync_folder,
    write_manifest,
)
from shortlist.retrieval.index.merge_policy import to_merge
from shortlist.retrieval.index.segment import Segment, SegmentView, merge_segments
from shortlist.retrieval.index.segment_io import entry_of, map_segment, remove_orphans, segment_name, store_segment
from shortlist.store.home import Home
from shortlist.store.sql.sqlite_errors import os_error

LOCK = "merging.lock"  # not in the folder of the index, which a rebuild removes
MERGED = "merged"
PATIENCE_S = 60.0

Inputs = Sequence[tuple[SegmentEntry, SegmentView]]

log = logging.getLogger(__name__)


def merge_aside(home: Home, begins: Callable[[int], None] | None = None, patience_s: float = PATIENCE_S) -> bool:
    """Merge the segments of `home` that are due; whether there were any. The index stays at its revision.

    `begins` gets the number of rows before a merge, which may take minutes. The writer lock is held only for the moment
    in which the new segment takes the place of the old ones; another writer is waited for so long, and then the merge
    is left to the next call. False at once while another process or thread merges. Raises `StateError` where files
    cannot be written, `ServiceError` where the home's database cannot be reached.
    """
    folder = home.path / FOLDER
    try:
        with FileLock(home.path / LOCK, timeout=0):
            _remove_unfinished(folder)
            try:
                merged = [_merge(home, kind, begins, patience_s) for kind in KINDS]
                return any(merged)
            finally:
                _remove_unfinished(folder)
    except Timeout:
        return False
    except HomeLocked as error:
        log.warning("the index is merged another time: %s", error)
    except (HomeDamaged, FileNotFoundError) as error:
        log.info("the index was not merged, others have changed it or have to make it anew: %s", error)
    except OSError as error:
        raise os_error(folder, error) from error
    return False


def _merge(home: Home, kind: Kind, begins: Callable[[int], None] | None, patience_s: float) -> bool:
    folder = home.path / FOLDER
    due = _due(read_manifest(folder, home.home_id, home.encoder), kind)
    if not due:
        return False
    parts = [SegmentView.of(map_segment(folder, entry), entry.dead) for entry in due]
    if begins is not None:
        begins(sum(part.n_live for part in parts))
    segment, files = store_segment(folder, MERGED, merge_segments(parts))

    def put_in() -> bool:
        with home.writing("merging the index"):
            return _put_in(home, list(zip(due, parts, strict=True)), segment, files)

    patient = Retrying(
        retry=retry_if_exception_type(HomeLocked),
        stop=stop_after_delay(patience_s),
        wait=wait_exponential(multiplier=0.05, max=1),
        reraise=True,
    )
    return patient(put_in)


def _due(manifest: Manifest, kind: Kind) -> list[SegmentEntry]:
    entries = [entry for entry in manifest.entries if entry.kind == kind]
    return [entries[at] for at in to_merge([(entry.rows - len(entry.dead), len(entry.dead)) for entry in entries])]


def _put_in(home: Home, inputs: Inputs, segment: Segment, files: dict[str, FileChecksum]) -> bool:
    """Put `segment` in the place of those `inputs` that are still there; False where none is."""
    folder = home.path / FOLDER
    manifest = read_manifest(folder, home.home_id, home.encoder)
    there = _still_there(manifest, inputs)
    if not there:
        return False
    died = [item_id for entry, part in inputs for item_id in _died(part, there.get(entry.name))]
    remove_orphans(folder, {entry.name for entry in manifest.entries})
    name = segment_name(manifest.serial + 1)
    (folder / MERGED).rename(folder / name)
    sync_folder(folder)
    merged = entry_of(name, SegmentView(segment).without(died), files)
    first, *others = there
    entries = tuple(merged if one.name == first else one for one in manifest.entries if one.name not in others)
    write_manifest(folder, manifest.model_copy(update={"serial": manifest.serial + 1, "entries": entries}))
    remove_orphans(folder, {entry.name for entry in entries})
    return True


def _still_there(manifest: Manifest, inputs: Inputs) -> dict[str, SegmentEntry]:
    """The entries of `manifest` by name, oldest first, that are `inputs`: a new index uses their names again."""
    files = {entry.name: entry.files for entry, _ in inputs}
    return {entry.name: entry for entry in manifest.entries if files.get(entry.name) == entry.files}


def _died(before: SegmentView, now: SegmentEntry | None) -> list[str]:
    """The ids of rows that no longer live where they did; of all of them where a commit has merged the segment."""
    if now is None:
        return before.live_ids()
    rows = np.setdiff1d(np.array(now.dead, dtype=np.int64), before.dead)
    return [before.segment.ids[row] for row in rows.tolist()]


def _remove_unfinished(folder: Path) -> None:
    for name in (MERGED, f"{MERGED}.new"):
        shutil.rmtree(folder / name, ignore_errors=True)
