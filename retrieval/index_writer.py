"""Changing the index files: whatever happens before `commit` leaves the old index as it was."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from core.types import Kind
from retrieval.checksums import Written, as_written
from retrieval.compaction import to_merge
from retrieval.index import Index
from retrieval.manifest import Entry, Manifest, write_manifest
from retrieval.segment import Part, Segment, merge_segments
from retrieval.segment_files import map_segment, write_segment


class IndexWriter:
    """The next index of `folder`, made from `index`. Needs the writer lock.

    New segments are written at once, but belong to no manifest until `commit`; what a crash leaves is removed by the
    next writer.
    """

    def __init__(self, folder: Path, index: Index) -> None:
        self._folder = folder
        self._manifest = index.manifest
        self._serial = index.manifest.serial
        self._parts: dict[str, Part] = {
            entry.name: part for entry, part in zip(index.manifest.entries, index.parts, strict=True)
        }
        self._files: dict[str, dict[str, Written]] = {entry.name: entry.files for entry in index.manifest.entries}
        folder.mkdir(parents=True, exist_ok=True)
        self._remove_orphans()

    def add(self, segment: Segment) -> None:
        """Add `segment`; its items replace their old selves."""
        self.remove(segment.kind, segment.ids)
        self._store(segment)

    def remove(self, kind: Kind, item_ids: Sequence[str]) -> None:
        """Make tombstones of `item_ids`, as far as they are there."""
        for name, part in self._parts.items():
            if part.segment.kind == kind:
                self._parts[name] = part.without(item_ids)

    def commit(self, revision: int) -> Index:
        """Compact, make this the index at `revision`, and remove what it no longer needs."""
        for kind in ("video", "article"):
            self._compact(kind)
        entries = tuple(self._entry(name, part) for name, part in self._parts.items())
        update = {"revision": revision, "serial": self._serial, "entries": entries}
        self._manifest = self._manifest.model_copy(update=update)
        write_manifest(self._folder, self._manifest)
        self._remove_orphans()
        return Index(self._manifest, tuple(self._parts.values()))

    def _store(self, segment: Segment) -> None:
        self._serial += 1
        name = f"segment-{self._serial:08d}"
        write_segment(self._folder / name, segment)
        self._files[name] = as_written(self._folder / name)
        # Mapped again, so that building a large index holds one segment in memory, not all.
        self._parts[name] = Part(map_segment(self._folder, self._entry(name, Part(segment))))

    def _compact(self, kind: Kind) -> None:
        names = [name for name, part in self._parts.items() if part.segment.kind == kind]
        sizes = [(self._parts[name].n_live, len(self._parts[name].dead)) for name in names]
        merged = [names[at] for at in to_merge(sizes)]
        if not merged:
            return
        segment = merge_segments([self._parts.pop(name) for name in merged])
        if len(segment):
            self._store(segment)

    def _entry(self, name: str, part: Part) -> Entry:
        n, dim = part.segment.vectors.shape
        dead = tuple(part.dead.tolist())
        return Entry(name=name, kind=part.segment.kind, rows=n, dim=dim, files=self._files[name], dead=dead)

    def _remove_orphans(self) -> None:
        known = {entry.name for entry in self._manifest.entries} | set(self._parts)
        for path in self._folder.glob("segment-*"):
            if path.name not in known:
                shutil.rmtree(path, ignore_errors=True)


def empty_index(home_id: str, encoder: str, serial: int = 0) -> Index:
    """The index before anything was added."""
    return Index(Manifest(home_id=home_id, encoder=encoder, serial=serial))
