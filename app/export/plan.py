"""What an export is asked to do, and what identifies it: the same plan gives the same file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from shortlist.core.config import Config
from shortlist.core.errors import UsageError
from shortlist.core.ranking import Request
from shortlist.store.home import Home

FORMATS = (".parquet", ".csv", ".jsonl")
TEXT = (".txt", "")


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the rows go, what is asked for each reader, and whose rows: `users` is a file of ids, None means all.

    With `raw`, texts in a CSV that a spreadsheet would run as formulas are left as they are.
    """

    out: Path
    like: Request
    shard: int
    users: Path | None = None
    raw: bool = False

    @property
    def parts(self) -> Path:
        """The folder of finished shards while the export is under way."""
        return self.out.with_name(f"{self.out.name}.parts")


def check_files(out: Path, users: Path | None) -> None:
    """Raise `UsageError` unless `out` can be written, by suffix and folder, and `users` can be read more than once."""
    if users is not None and not users.is_file():
        found = "something else" if users.exists() else "nothing there"
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
        expected, remedy = "a folder that exists", f"make it: mkdir -p {out.parent}"
        raise UsageError(f"cannot write {out}", expected=expected, found=str(out.parent), remedy=remedy)


def shards(plan: Plan, home: Home) -> Iterator[list[str]]:
    """The ids of each shard in order, no id twice."""
    ids = home.catalogue.readers.ids() if plan.users is None else _ids_in(plan.users)
    while shard := list(islice(ids, plan.shard)):
        yield shard


def count_readers(plan: Plan, home: Home) -> int:
    """How many ids all shards have together."""
    return home.catalogue.counts().readers if plan.users is None else sum(1 for _ in _ids_in(plan.users))


def metadata(plan: Plan, home: Home, config: Config) -> dict[str, Any]:
    """What the rows depend on, as hashes, and the request. It goes into the file and says whether parts may be kept."""
    from shortlist.eval.hashes import code_hash, config_hash, digest, weights_hash

    catalogue = home.catalogue
    return {
        "home": home.home_id,
        "data": digest([home.home_id, catalogue.revision(), *catalogue.events.version()]),
        "readers": catalogue.readers.content_hash()[:16],  # they raise no number, and each is in the shard of its place
        "models": weights_hash(config, plan.like.rerank),
        "config": config_hash(config, plan.like.rerank),
        "code": code_hash(),
        "k": plan.like.k,
        "rerank": plan.like.rerank,
        "filters": digest(str(plan.like.filters)),
        "users": "all" if plan.users is None else hashlib.sha256(plan.users.read_bytes()).hexdigest()[:16],
        "shard": plan.shard,
    }


def _ids_in(file: Path) -> Iterator[str]:
    """The ids of a text file, one a line, or of the column user_id of a table; each once, blank lines left out."""
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
    from shortlist.ingest.tables.read import rows
    from shortlist.ingest.tables.rows import Columns, Failure

    for row in rows(file, Columns((("user_id",),))):
        # A row that cannot be read is no reader: it is named among the unknown ones, and the others are exported.
        yield row.where if isinstance(row, Failure) else str(row.values["user_id"] or row.where).strip()


def check_same(found: Mapping[str, Any], wanted: Mapping[str, Any], parts: Path) -> None:
    """Raise `UsageError` where `parts` were made from something else than what is asked for now."""
    differing = ", ".join(name for name in wanted if found.get(name) != wanted[name])
    if not differing:
        return
    raise UsageError(
        f"cannot resume from {parts}",
        expected="the readers, data, models and settings it was started with",
        found=f"others ({differing})",
        remedy="run without --resume to start anew",
    )
