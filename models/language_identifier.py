"""The identifier of languages (Lui and Baldwin, "langid.py", ACL 2012), mapped into memory from an unpacked copy.

py3langid's model is compressed: unpacking its 68 MB takes half a second and 100 MB of memory in every process. So the
first process writes the arrays to the user's cache folder, and later ones map them. They read only the pages that a
text needs, and share them.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from platformdirs import user_cache_path

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

PARTS = ("ptc", "pc", "classes", "nextmove", "row", "output")  # in the order of py3langid's `load_model`

log = logging.getLogger(__name__)


@cache
def default_identifier() -> LanguageIdentifier:
    """Return the identifier that this process shares. Its copy is in the user's cache folder."""
    return load_identifier(user_cache_path("shortlist"))


def load_identifier(folder: Path) -> LanguageIdentifier:
    """Return an identifier that gives probabilities, from the copy in `folder`, which is written if it is absent.

    A copy with a missing or short file is replaced. If it cannot be written, the identifier works without one, and the
    reason is logged.
    """
    import py3langid
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
    from py3langid.modelio import load_model

    copy = folder / f"py3langid-{py3langid.__version__}"
    try:
        arrays = _mapped(copy)
    except (OSError, ValueError):
        arrays = [np.asarray(part) for part in load_model(MODEL_DIR / MODEL_FILE)]
        _write(arrays, copy)
    ptc, pc, classes, nextmove, row, output = arrays
    # The memoryview of an array gives Python's integers, several times as fast as the array does.
    return LanguageIdentifier(
        ptc, pc, classes.tolist(), nextmove.data, output.tolist(), norm_probs=True, tk_row=row.tolist()
    )


def _mapped(copy: Path) -> list[np.ndarray[Any, Any]]:
    return [np.asarray(np.load(copy / f"{part}.npy", mmap_mode="r")) for part in PARTS]


def _write(arrays: list[np.ndarray[Any, Any]], copy: Path) -> None:
    """Write the arrays to `copy`, all or none of them: two processes may do so at the same time."""
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=copy.parent, prefix=f"{copy.name}.", ignore_cleanup_errors=True) as name:
            unfinished = Path(name) / copy.name
            unfinished.mkdir()
            for part, array in zip(PARTS, arrays, strict=True):
                np.save(unfinished / f"{part}.npy", array)
            shutil.rmtree(copy, ignore_errors=True)
            unfinished.rename(copy)
    except OSError as error:
        log.info("the language identifier is unpacked again next time: %s", error)
