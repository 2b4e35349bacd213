"""Read the data set of a SPEC such as `beir:DIR`. A new kind needs one module and one line in `SPECS`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shortlist.core.errors import UsageError
from shortlist.eval.data.beir import read_beir
from shortlist.eval.data.dataset import DataSet
from shortlist.eval.data.mind import read_mind
from shortlist.eval.data.trec import read_trec
from shortlist.eval.data.watches import read_watches

SPECS: dict[str, Callable[[Path], DataSet]] = {
    "beir": read_beir,
    "trec": read_trec,
    "mind": read_mind,
    "watches": read_watches,
}


def load(spec: str) -> DataSet:
    """Read the data set of `spec`, as `beir:data/scifact`.

    Raises `UsageError` for an unknown kind or folder, `RecordError` for bad lines in a file.
    """
    kind, colon, folder = spec.partition(":")
    if kind not in SPECS or not colon or not folder:
        raise UsageError(
            "unknown data set",
            expected=" or ".join(f"{kind}:DIR" for kind in SPECS),
            found=repr(spec),
            remedy="name a kind and its folder",
        )
    if not Path(folder).is_dir():
        raise UsageError(
            "no such data set", expected=f"a folder after `{kind}:`", found=repr(folder), remedy="check the path"
        )
    return SPECS[kind](Path(folder))
