"""Remove what is forgotten from the folders of the pipeline, and refuse while a file waits that would bring it back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shortlist.app.pipeline import LOG, open_inbox, require_ops
from shortlist.core.config import Config
from shortlist.core.errors import UsageError
from shortlist.store.catalogue.erasure.subject import Erased, Subject
from shortlist.store.home import Home

if TYPE_CHECKING:
    from shortlist.ops.data.erase_kept import ErasedFiles

LEDGER = "pipeline.sqlite3"
SCRATCH = Path("processing", ".forgetting")  # on the disk of the folders, so that files can be renamed
READING = ".reading-"  # begins the names of other folders of copies, in the same place


def refuse_waiting(home: Home, config: Config, subjects: Collection[Subject]) -> None:
    """Raise `UsageError` if a file that is not stored yet names one of the subjects."""
    if not _is_used(home, config):
        return
    from shortlist.ops.data.erase_kept import waiting

    with _scratch(home.path) as folder:
        found = list(waiting(open_inbox(config), home.path, folder, subjects))
    if found:
        names = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        raise UsageError(
            "files wait that would bring back what you forget", expected="none in incoming/ or processing/",
            found=names, remedy="store them with `shortlist ops pipeline run`, or take them away, and forget then",
        )  # fmt: skip


def files_that_hold(home: Home, config: Config, subject: Subject) -> list[str]:
    """Return the names of the files of the pipeline whose rows name the subject, sorted."""
    if not _is_used(home, config):
        return []
    from shortlist.ops.data.erase_kept import holding, waiting

    inbox, processing = open_inbox(config), home.path / SCRATCH.parent
    processing.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=READING, dir=processing) as name:  # others may export at the same time
        folder = Path(name)
        return sorted({*holding(inbox, folder, subject), *waiting(inbox, home.path, folder, [subject])})


def clean_arrivals(home: Home, config: Config, erased: Mapping[Subject, Erased]) -> dict[str, Any]:
    """Erase the subjects from the files that the pipeline keeps. Return numbers for the receipt. May be repeated."""
    done = _clean(home, config, erased) if erased and _is_used(home, config) else None
    if done is None:
        return {"rewritten": 0, "deleted": 0, "unsearched": []}
    return {"rewritten": done.rewritten, "deleted": done.deleted, "unsearched": list(done.unsearched)}


def _clean(home: Home, config: Config, erased: Mapping[Subject, Erased]) -> ErasedFiles:
    from shortlist.ops.data.erase_kept import erase_kept
    from shortlist.ops.data.ledger import Ledger

    (home.path / LOG).unlink(missing_ok=True)
    ledger = Ledger(home.path)
    locations = [place for one in erased.values() for place in one.locations]
    try:
        with _scratch(home.path) as folder:
            return erase_kept(open_inbox(config), ledger, folder, erased.keys(), locations)
    finally:
        ledger.close()


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """Yield an empty folder for copies. Those that killed processes left are deleted first."""
    folder = home / SCRATCH
    for left in (folder, *folder.parent.glob(f"{READING}*")):
        shutil.rmtree(left, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_used(home: Home, config: Config) -> bool:
    """Return whether a file ever arrived. Raises `ServiceError` if one did and the extra is not installed."""
    used = (home.path / LEDGER).exists() or config.pipeline.folder is not None
    if used or (home.path / "incoming").exists():
        require_ops()
        return True
    return False
