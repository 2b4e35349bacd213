"""Publish a snapshot of a home: first its blocks, then its manifest, then the pointer.

A snapshot has what answers need: the index, the trained models in use, and a copy of the catalogue unless that is on a
server. Blocks and manifests are named by their hash and never change. So a process that is killed at any moment leaves
the current snapshot as it was, and the next one sends what is missing.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shortlist.core.errors import HomeDamaged, HomeVersion
from shortlist.ops.publish.blocks import block_list, is_intact, send
from shortlist.ops.publish.manifest import (
    BLOCKS,
    NUMBER_DIGITS,
    SNAPSHOTS,
    Manifest,
    Pointer,
    Reference,
    damaged,
    parsed,
    sha256,
)
from shortlist.ops.publish.place import Place
from shortlist.ops.publish.stage import stage
from shortlist.store.embed import LoadEncoder
from shortlist.store.home import Home
from shortlist.store.home_files import PUBLISHING
from shortlist.store.lock import locked
from shortlist.store.permissions import make_private
from shortlist.store.sql.schema import SCHEMA_VERSION
from shortlist.store.sql.sqlite_errors import os_error

Snapshot = tuple[Reference, Manifest]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """The current snapshot after `publish`. It is not new if nothing had changed.

    `sent_blocks` and `sent_bytes` were not there yet; `kept` snapshots are there now.
    """

    manifest: Manifest
    name: str
    is_new: bool
    sent_blocks: int
    sent_bytes: int
    kept: int


def publish(
    home: Home, place: Place, encoder: LoadEncoder, keep: int, cowatch_top: int | None = None, *, verify: bool = False
) -> Published:
    """Publish the state of `home` to `place`, and delete all but the newest `keep` snapshots there.

    Items without embeddings are encoded and indexed first. `cowatch_top` is that of the settings. The writer lock is
    held while the files are collected, not while they are sent. `verify` reads back what is there: damaged blocks are
    sent again, and a damaged pointer or snapshot is replaced.

    Raises `HomeLocked` if another process writes or publishes, `HomeVersion` if `place` has snapshots of another home,
    `StateError` if another process has published meanwhile, `HomeDamaged` for a damaged manifest or pointer without
    `verify`, and as `Place`.
    """
    with locked(home.path / f"{PUBLISHING}.lock", "another process publishes this home"), _new_folder(home) as folder:
        before, version = _published(place, verify)
        if before and before[0][1].home_id != home.home_id:
            raise _other_home(place, before[0][1])
        stage(home, folder, encoder, cowatch_top)
        fresh = _describe(home, folder, _next_number(place))
        there = {name for name in place.names(BLOCKS) if not verify or is_intact(place, name)}
        sent = send(place, folder, fresh.files, there)
        is_new = not before or before[0][1].files != fresh.files
        after = [*([(_write_manifest(place, fresh), fresh)] if is_new else []), *before][:keep]
        if after != before:
            pointer = Pointer(snapshots=tuple(reference for reference, _ in after))
            place.replace_pointer(pointer.model_dump_json().encode(), version)
        _prune(place, after)
    reference, manifest = after[0]
    return Published(manifest, reference.name, is_new, *sent, len(after))


def read_pointer(place: Place) -> tuple[Pointer | None, str | None]:
    """Return the pointer of `place` and its version; None before the first snapshot. Raises `HomeDamaged`."""
    found = place.pointer()
    return (None, None) if found is None else (parsed(Pointer, found[0], f"the pointer of {place.address}"), found[1])


def read_manifest(place: Place, snapshot: Reference) -> Manifest:
    """Return the manifest of `snapshot`. Raises `HomeDamaged` if it is missing or not what was published."""
    content, name = place.read(f"{SNAPSHOTS}/{snapshot.name}"), f"the snapshot {snapshot.name} of {place.address}"
    if content is None or sha256(content) != snapshot.sha256:
        raise damaged(name, "no manifest" if content is None else "a manifest with another SHA-256")
    return parsed(Manifest, content, name)


def _published(place: Place, verify: bool) -> tuple[list[Snapshot], str | None]:
    """Return the snapshots of `place`, newest first, and the version of its pointer.

    With `verify` damaged ones are left out. Otherwise raises `HomeDamaged`.
    """
    found = place.pointer()
    if found is None:
        return [], None
    return list(_readable(place, verify)), found[1]


def _readable(place: Place, verify: bool) -> Iterator[Snapshot]:
    try:
        pointer, _ = read_pointer(place)
    except HomeDamaged as error:
        _report(error, verify)
        return
    for reference in pointer.snapshots if pointer else ():
        try:
            yield reference, read_manifest(place, reference)
        except HomeDamaged as error:
            _report(error, verify)


def _report(error: HomeDamaged, verify: bool) -> None:
    if not verify:
        raise error
    log.warning("what was published is replaced: %s", error)


def _next_number(place: Place) -> int:
    """Return a number above those of all manifests, also of those that a killed process wrote."""
    numbers = (int(name.removeprefix(f"{SNAPSHOTS}/").partition("-")[0]) for name in place.names(SNAPSHOTS))
    return max(numbers, default=0) + 1


@contextmanager
def _new_folder(home: Home) -> Iterator[Path]:
    """Yield a new folder in the home, and delete it at the end. One that a killed process left is deleted first."""
    folder = home.path / PUBLISHING
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        yield folder
    except OSError as error:
        raise os_error(folder, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        make_private(home.path, (PUBLISHING,))


def _describe(home: Home, folder: Path, number: int) -> Manifest:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return Manifest(
        number=number,
        created=datetime.now(UTC),
        home_id=home.home_id,
        encoder=home.encoder,
        schema_version=SCHEMA_VERSION,
        revision=home.catalogue.revision(),
        files={path.relative_to(folder).as_posix(): block_list(path) for path in paths},
    )


def _write_manifest(place: Place, manifest: Manifest) -> Reference:
    content = manifest.model_dump_json().encode()
    sha = sha256(content)
    name = f"{manifest.number:0{NUMBER_DIGITS}}-{sha[:12]}.json"
    place.write(f"{SNAPSHOTS}/{name}", content)
    return Reference(name=name, sha256=sha)


def _prune(place: Place, kept: Sequence[Snapshot]) -> None:
    """Delete the manifests that are not `kept`, then the blocks that none of the kept snapshots has."""
    for name in place.names(SNAPSHOTS) - {f"{SNAPSHOTS}/{reference.name}" for reference, _ in kept}:
        place.remove(name)
    for name in place.names(BLOCKS).difference(*(manifest.blocks for _, manifest in kept)):
        place.remove(name)


def _other_home(place: Place, current: Manifest) -> HomeVersion:
    return HomeVersion(
        f"{place.address} has snapshots of another home", expected="a place for the snapshots of this home alone",
        found=f"those of the home {current.home_id}", remedy="set publish.to to another folder or prefix",
    )  # fmt: skip
