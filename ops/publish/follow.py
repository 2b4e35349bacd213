"""Follow published snapshots: copy the current one into a folder of its own, and use it once it is complete."""

from __future__ import annotations

import json
import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from shortlist.core.errors import HomeDamaged, HomeVersion, ServiceError, StateError
from shortlist.ops.publish.blocks import fetch
from shortlist.ops.publish.manifest import Manifest, Reference, parsed
from shortlist.ops.publish.place import Place
from shortlist.ops.publish.publish import read_manifest, read_pointer
from shortlist.ops.publish.stage import registries
from shortlist.retrieval.trained.versions import FOLDER as TRAINED
from shortlist.store.backups.files import sync_folder, write_durably
from shortlist.store.home_files import CATALOGUE, FOLLOWED
from shortlist.store.permissions import make_private
from shortlist.store.registry.folder_registry import VERSIONS
from shortlist.store.registry.signature import read_key, sign
from shortlist.store.sql.schema import SCHEMA_VERSION
from shortlist.store.sql.sqlite_errors import os_error

SNAPSHOT = "snapshot.json"  # the manifest in the folder of a copy
IN_USE = "in-use.json"  # the name of the copy that is used
UNFINISHED = ".part"

log = logging.getLogger(__name__)


class Follower:
    """Copies the current snapshot of `place` into the home at `home`. Several processes may follow in one home.

    `with_catalogue` is False if the catalogue is on a server: then snapshots must have none.
    """

    def __init__(self, place: Place, home: Path, *, with_catalogue: bool) -> None:
        self._place = place
        self._folder = home / FOLLOWED
        self._with_catalogue = with_catalogue
        self._identity: tuple[str, str] | None = None

    def current(self) -> Path | None:
        """Return the folder of the copy in use; None before the first."""
        with suppress(OSError, ValueError, KeyError):
            folder = self._folder / str(json.loads((self._folder / IN_USE).read_bytes())["name"])
            return folder if (folder / SNAPSHOT).exists() else None
        return None

    def first(self) -> Path:
        """Return the folder of the current snapshot. If it cannot be copied, warn and use the last copy.

        Raises as `pull` if there is no copy yet.
        """
        last = self.current()
        try:
            return self.pull()
        except (ServiceError, StateError) as error:
            if last is None:
                raise
            log.warning("the snapshot that was copied last is used: %s", error)
            return last

    def keep_to(self, folder: Path) -> None:
        """Accept only snapshots of the same home and encoder as the copy in `folder` from now on."""
        self._identity = _identity(_manifest_of(folder))

    def pull(self) -> Path:
        """Copy the current snapshot unless that was done, and return its folder. Waits while another process copies.

        Files that the copy in use has already are linked, and of the others the blocks that changed are fetched. Raises
        `HomeDamaged` if what was published is damaged, `HomeVersion` if nothing was published or it does not fit, and
        as `Place`. The copy in use stays then.
        """
        for folder in (self._folder.parent, self._folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self._folder / ".lock", mode=0o600):
            while True:
                newest = self._newest()
                folder = self._folder / newest.name.removesuffix(".json")
                if folder == self.current():
                    return folder
                try:
                    return self._copy(newest, folder)
                except HomeDamaged:
                    if self._newest() == newest:  # else it was deleted while it was copied
                        raise

    def _newest(self) -> Reference:
        pointer, _ = read_pointer(self._place)
        if pointer is None:
            raise HomeVersion(
                f"nothing was published to {self._place.address}", expected="a snapshot", found="none",
                remedy="run `shortlist ops publish` on the machine that has the home, or correct store.snapshot",
            )  # fmt: skip
        return pointer.snapshots[0]

    def _copy(self, snapshot: Reference, folder: Path) -> Path:
        manifest, before = read_manifest(self._place, snapshot), self.current()
        self._check(manifest)
        old = _manifest_of(before).files if before else {}
        part = folder.with_name(folder.name + UNFINISHED)
        try:
            for dead in self._folder.glob(f"*{UNFINISHED}"):
                shutil.rmtree(dead)
            fetched = 0
            for name, file in manifest.files.items():
                if before is not None and old.get(name) == file:
                    _link(before / name, part / name)
                else:
                    fetched += fetch(self._place, part / name, file, before and before / name, old.get(name))
            _sign(part)
            write_durably(part / SNAPSHOT, manifest.model_dump_json().encode())
            make_private(self._folder, ("",))
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
            write_durably(self._folder / f"{IN_USE}.new", json.dumps({"name": folder.name}).encode())
            (self._folder / f"{IN_USE}.new").replace(self._folder / IN_USE)
            sync_folder(self._folder)
        except OSError as error:
            raise os_error(folder, error) from error
        for path in self._folder.glob("[0-9]*"):
            if path not in (folder, before):  # requests in progress may still read the one before
                shutil.rmtree(path, ignore_errors=True)
        log.info("copied the snapshot %s: %d of %d bytes were fetched", folder.name, fetched, manifest.size)
        return folder

    def _check(self, manifest: Manifest) -> None:
        found = (CATALOGUE in manifest.files, manifest.schema_version if self._with_catalogue else SCHEMA_VERSION)
        if found == (self._with_catalogue, SCHEMA_VERSION) and self._identity in (None, _identity(manifest)):
            return
        raise HomeVersion(
            f"the snapshot {manifest.number} of {self._place.address} does not fit",
            expected=_in_words(self._with_catalogue, SCHEMA_VERSION, self._identity),
            found=_in_words(found[0], manifest.schema_version, _identity(manifest)),
            remedy="use the same version of Shortlist, encoder and store.catalogue as the home, then start again",
        )


def _manifest_of(folder: Path) -> Manifest:
    return parsed(Manifest, (folder / SNAPSHOT).read_bytes(), str(folder))


def _identity(manifest: Manifest) -> tuple[str, str]:
    return manifest.home_id, manifest.encoder


def _in_words(with_catalogue: bool, schema: int, identity: tuple[str, str] | None) -> str:
    where = "in the snapshot" if with_catalogue else "on a server"
    which = f", home {identity[0]}, encoder {identity[1]}" if identity else ""
    return f"a catalogue {where}, schema version {schema}{which}"


def _sign(folder: Path) -> None:
    """Sign the trained models, whose blocks have just been checked, with a key of this copy: see `FolderRegistry`."""
    for registry in registries(folder / TRAINED):
        for version in (registry / VERSIONS).glob("*"):
            sign(version, version.name, read_key(registry))


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target)
