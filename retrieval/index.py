"""The index files of a home, mapped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shortlist.core.errors import HomeDamaged
from shortlist.core.types import Kind
from shortlist.retrieval.checksums import first_changed
from shortlist.retrieval.manifest import REMEDY, Manifest, read_manifest
from shortlist.retrieval.segment import Part
from shortlist.retrieval.segment_files import map_segment

FOLDER = "indexes"
_TRIES = 5


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """A manifest and its mapped segments, `parts[i]` for `manifest.entries[i]`."""

    manifest: Manifest
    parts: tuple[Part, ...] = ()

    def of_kind(self, kind: Kind) -> tuple[Part, ...]:
        """The parts that hold items of `kind`, oldest first."""
        return tuple(part for part in self.parts if part.segment.kind == kind)


def open_index(folder: Path, home_id: str, encoder: str) -> Index:
    """The index in `folder`, mapped; an empty one where there is none.

    Raises `HomeDamaged` where files are unreadable, do not fit, or are those of another home or encoder.
    """
    for _ in range(_TRIES):
        manifest = read_manifest(folder, home_id, encoder)
        try:
            return Index(manifest, tuple(Part.of(map_segment(folder, entry), entry.dead) for entry in manifest.entries))
        except FileNotFoundError as error:
            missing = error.filename  # a writer replaced the manifest and removed old folders since it was read
    raise HomeDamaged("incomplete index", expected="all files of the manifest", found=f"no {missing}", remedy=REMEDY)


def changed_files(folder: Path, index: Index) -> list[str]:
    """The first file of each segment that is not what was written, after reading all."""
    found = (
        (entry.name, first_changed(folder / entry.name, entry.files, thorough=True)) for entry in index.manifest.entries
    )
    return [f"{name}/{file} is not what was written" for name, file in found if file]
