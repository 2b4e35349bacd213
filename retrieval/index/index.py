"""Open, change and commit the index of a home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shortlist.core.errors import HomeDamaged
from shortlist.core.types import Kind
from shortlist.retrieval.checksums import FileChecksum
from shortlist.retrieval.index.manifest import REMEDY, Manifest, read_manifest, write_manifest
from shortlist.retrieval.index.merge_policy import MAX_COMMIT_ROWS, segments_to_merge
from shortlist.retrieval.index.segment import Segment, SegmentView, merge_segments
from shortlist.retrieval.index.segment_io import entry_of, map_segment, remove_orphans, segment_name, store_segment

FOLDER = "indexes"
_OPEN_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """A manifest and its memory-mapped segments; `parts[i]` is the segment of `manifest.entries[i]`."""

    manifest: Manifest
    parts: tuple[SegmentView, ...] = ()

    def of_kind(self, kind: Kind) -> tuple[SegmentView, ...]:
        """Return the segments with items of `kind`, oldest first."""
        return tuple(part for part in self.parts if part.segment.kind == kind)


def open_index(folder: Path, home_id: str, encoder: str) -> Index:
    """Memory-map the index in `folder`, or return an empty one if there is none.

    Raises `HomeDamaged` if files are damaged, or belong to another home or encoder.
    """
    for _ in range(_OPEN_ATTEMPTS):
        manifest = read_manifest(folder, home_id, encoder)
        try:
            return Index(
                manifest, tuple(SegmentView.of(map_segment(folder, entry), entry.dead) for entry in manifest.entries)
            )
        except FileNotFoundError as error:
            missing = error.filename  # a writer has replaced the manifest and deleted old folders since
    raise HomeDamaged("incomplete index", expected="all files of the manifest", found=f"no {missing}", remedy=REMEDY)


class IndexWriter:
    """Writes the next version of `index` in `folder`. Needs the writer lock.

    New segments are written at once, but they are in no manifest until `commit`. After a crash the next writer deletes
    them.
    """

    def __init__(self, folder: Path, index: Index, max_commit_rows: int = MAX_COMMIT_ROWS) -> None:
        self._folder = folder
        self._max_commit_rows = max_commit_rows
        self._manifest = index.manifest
        self._serial = index.manifest.serial
        self._parts: dict[str, SegmentView] = {
            entry.name: part for entry, part in zip(index.manifest.entries, index.parts, strict=True)
        }
        self._files: dict[str, dict[str, FileChecksum]] = {entry.name: entry.files for entry in index.manifest.entries}
        folder.mkdir(parents=True, exist_ok=True)
        remove_orphans(folder, self._parts)

    def add(self, segment: Segment) -> None:
        """Add `segment`. Its items replace older ones with the same ids."""
        self.remove(segment.kind, segment.ids)
        self._store(segment)

    def remove(self, kind: Kind, item_ids: Sequence[str]) -> None:
        """Mark `item_ids` as deleted. Ids that are not in the index are ignored."""
        for name, part in self._parts.items():
            if part.segment.kind == kind:
                self._parts[name] = part.without(item_ids)

    def purge(self, kind: Kind, item_ids: Sequence[str]) -> None:
        """Write the segments that contain `item_ids`, live or as tombstones, again without them."""
        for name, part in list(self._parts.items()):
            if part.segment.kind == kind and any(part.segment.find(one) is not None for one in item_ids):
                kept = self._parts.pop(name).without(item_ids)
                if kept.n_live:
                    self._store(merge_segments([kept]))

    def commit(self, revision: int) -> Index:
        """Write the manifest of `revision`, and delete the folders that it no longer needs.

        Small segments are merged first, at most `max_commit_rows` rows of each kind. See `background_merge` for the
        others.
        """
        self._parts = {name: part for name, part in self._parts.items() if part.n_live}
        for kind in ("video", "article"):
            self._merge_small(kind)
        entries = tuple(entry_of(name, part, self._files[name]) for name, part in self._parts.items())
        update = {"revision": revision, "serial": self._serial, "entries": entries}
        self._manifest = self._manifest.model_copy(update=update)
        write_manifest(self._folder, self._manifest)
        remove_orphans(self._folder, self._parts)
        return Index(self._manifest, tuple(self._parts.values()))

    def _store(self, segment: Segment) -> None:
        self._serial += 1
        name = segment_name(self._serial)
        stored, self._files[name] = store_segment(self._folder, name, segment)
        self._parts[name] = SegmentView(stored)

    def _merge_small(self, kind: Kind) -> None:
        names = [name for name, part in self._parts.items() if part.segment.kind == kind]
        sizes = [(self._parts[name].n_live, len(self._parts[name].dead)) for name in names]
        merged = [names[at] for at in segments_to_merge(sizes, self._max_commit_rows)]
        if merged:
            self._store(merge_segments([self._parts.pop(name) for name in merged]))


def empty_index(home_id: str, encoder: str, serial: int = 0) -> Index:
    """Return an index without segments."""
    return Index(Manifest(home_id=home_id, encoder=encoder, serial=serial))
