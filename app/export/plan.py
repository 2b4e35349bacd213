"""The plan of an export and the metadata that identifies it: the same plan gives the same file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from shortlist.agent.export_rows import DETAILS
from shortlist.core.config import Config
from shortlist.core.errors import UsageError
from shortlist.core.ranking import Request
from shortlist.eval.hashes import code_hash, config_hash, digest, weights_hash
from shortlist.ingest.tables.read import rows
from shortlist.ingest.tables.rows import Columns, Failure
from shortlist.store.home import Home

FORMATS = (".parquet", ".csv", ".jsonl", ".xlsx")
TEXT = (".txt", "")


@dataclass(frozen=True, slots=True)
class Plan:
    """The output file, the request made for each reader, and the readers: a file of ids, or None for all.

    `raw` leaves texts of a CSV or Excel file that a spreadsheet would run as formulas unchanged. `details` names the
    `DETAILS` of each video to add as columns.
    """

    out: Path
    request: Request
    shard_size: int
    users: Path | None = None
    raw: bool = False
    details: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of the finished shards while the export is running."""
        return self.out.with_name(f"{self.out.name}.parts")


def check_files(out: Path, users: Path | None) -> None:
    """Raise `UsageError` unless `out` can be written, by suffix and folder, and `users` can be read more than once."""
    if users is not None and not users.is_file():
        found = "not a file" if users.exists() else "no such file"
        raise UsageError(f"cannot read {users}", expected="a file of ids", found=found, remedy="correct --users")
    if out.suffix.lower() not in FORMATS:
        remedy = "choose one of these suffixes"
        raise UsageError(
            f"cannot write {out}", expected=", ".join(FORMATS), found=out.suffix or "no suffix", remedy=remedy
        )
    if out.is_dir():
        raise UsageError(
            f"cannot write {out}", expected="the name of a file", found="a folder", remedy="choose another"
        )
    if not out.absolute().parent.is_dir():
        expected, remedy = "an existing folder", f"create it: mkdir -p {out.parent}"
        raise UsageError(f"cannot write {out}", expected=expected, found=f"no {out.parent}", remedy=remedy)


def parse_details(text: str) -> tuple[str, ...]:
    """Return the names of a comma-separated list. Raises `UsageError` unless all are `DETAILS`, each once."""
    names = tuple(name.strip() for name in text.split(",")) if text else ()
    wrong = [name for at, name in enumerate(names) if name not in DETAILS or name in names[:at]]
    if wrong:
        expected, remedy = f"some of {','.join(DETAILS)}, each once", "correct --with"
        raise UsageError("unknown columns", expected=expected, found=repr(wrong[0]), remedy=remedy)
    return names


def shards(plan: Plan, home: Home) -> Iterator[list[str]]:
    """Yield the reader ids of each shard in order, without duplicates."""
    ids = home.catalogue.readers.ids() if plan.users is None else _ids_in(plan.users)
    while shard := list(islice(ids, plan.shard_size)):
        yield shard


def count_readers(plan: Plan, home: Home) -> int:
    """Return the number of reader ids of all shards."""
    return home.catalogue.counts().readers if plan.users is None else sum(1 for _ in _ids_in(plan.users))


def metadata(plan: Plan, home: Home, config: Config) -> dict[str, Any]:
    """Return the request and hashes of everything the rows depend on.

    It is stored in the exported file, and decides whether `resume` may reuse finished shards.
    """
    catalogue = home.catalogue
    return {
        "home": home.home_id,
        "data": digest([home.home_id, catalogue.revision(), *catalogue.events.version()]),
        "readers": catalogue.readers.content_hash()[:16],  # readers do not raise the revision, but decide the shards
        "models": weights_hash(config, plan.request.rerank),
        "config": config_hash(config, plan.request.rerank),
        "code": code_hash(),
        "k": plan.request.k,
        "rerank": plan.request.rerank,
        "filters": digest(str(plan.request.filters)),
        "with": ",".join(plan.details),
        "users": "all" if plan.users is None else hashlib.sha256(plan.users.read_bytes()).hexdigest()[:16],
        "shard": plan.shard_size,
    }


def _ids_in(file: Path) -> Iterator[str]:
    """Yield the ids of a text file, one a line, or of the column user_id of a table, without blanks and duplicates."""
    seen: set[str] = set()
    for user_id in _lines(file) if file.suffix.lower() in TEXT else _column(file):
        if user_id and user_id not in seen:
            seen.add(user_id)
            yield user_id


def _lines(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8-sig") as lines:
            yield from (line.strip() for line in lines)
    except (OSError, UnicodeDecodeError) as error:
        remedy = "write one id a line, in UTF-8"
        raise UsageError(
            f"cannot read {file}", expected="a text file of ids", found=str(error), remedy=remedy
        ) from error


def _column(file: Path) -> Iterator[str]:
    for row in rows(file, Columns((("user_id",),))):
        # An unreadable row is reported as an unknown reader; the others are exported.
        yield row.where if isinstance(row, Failure) else str(row.values["user_id"] or row.where).strip()


def check_same(found: Mapping[str, Any], expected: Mapping[str, Any], folder: Path) -> None:
    """Raise `UsageError` if the shards in `folder` were started with other metadata."""
    differing = ", ".join(name for name in expected if found.get(name) != expected[name])
    if not differing:
        return
    raise UsageError(
        f"cannot resume from {folder}",
        expected="the readers, data, models and settings it was started with",
        found=f"others ({differing})",
        remedy="run without --resume to start over",
    )
