"""Rows, failures and columns: what every table format yields and expects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from shortlist.core.errors import RecordError, UsageError, one_line

T = TypeVar("T")

MAX_COMPARED = 1000  # columns
MIN_SIMILARITY = 60  # rapidfuzz ratio from which a column is suggested for a missing one


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `where` is "file:line" (line 1 is the first of the file), `values` maps column to value."""

    where: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that could not be read or converted to a record, and the reason on one line."""

    where: str
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", one_line(self.reason))


@dataclass(frozen=True, slots=True)
class ParsedRecord(Generic[T]):
    """A record and the place of its row."""

    where: str
    record: T


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a kind of record.

    `required` lists groups of names; one of each group must be present. `aliases` maps other names to ours. Case is
    ignored ("Title", "Description").
    """

    required: tuple[tuple[str, ...], ...]
    optional: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """All of our names, required ones first."""
        return (*(name for group in self.required for name in group), *self.optional)

    def rename(self, found: Sequence[str]) -> list[str]:
        """Replace aliases in `found`, in the same order. A name stays as it is if its replacement is present too."""
        ours_of = {**{name: name for name in self.names}, **self.aliases}
        folded = {name.casefold(): ours for name, ours in ours_of.items()}
        taken = set(found)
        renamed = []
        for name in found:
            ours = folded.get(name.strip().casefold(), name)
            if ours != name and ours in taken:
                ours = name
            taken.add(ours)
            renamed.append(ours)
        return renamed

    def check(self, found: Sequence[str], where: str, remedy: str = "name the columns in the first row") -> None:
        """Raise `UsageError`, with the expected, found and similar columns, unless all required columns are present."""
        missing = [" or ".join(group) for group in self.required if not set(group) & set(found)]
        if missing:
            expected = ", ".join(" or ".join(group) for group in self.required)
            raise UsageError(
                f"{where}: missing column {', '.join(missing)}",
                expected=f"the columns {expected}",
                found=", ".join(name[:60] for name in found[:30]) or "none",
                remedy=self._remedy(found) or remedy,
            )

    def _remedy(self, found: Sequence[str]) -> str:
        if len(found) == 1 and any(mark in found[0] for mark in ";\t|"):
            return "separate the fields by commas"
        from rapidfuzz import fuzz, process, utils

        spare = [name for name in found[:MAX_COMPARED] if name not in self.names]
        pairs = []
        for group in self.required:
            if not set(group) & set(found):
                best = process.extractOne(group[0], spare, scorer=fuzz.WRatio, processor=utils.default_process)
                pairs += [f"{best[0]} to {group[0]}"] if best and best[1] >= MIN_SIMILARITY else []
        return f"rename {' and '.join(pairs)}" if pairs else ""


def reject_duplicate_columns(source: Path | str, names: Sequence[str]) -> None:
    """Raise `UsageError` if a column is repeated."""
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise UsageError(
            f"{source}: ambiguous header",
            expected="every column once",
            found=f"{', '.join(doubled)} more than once",
            remedy="rename or drop one of them",
        )


def records(table: Iterable[Row | Failure], make: Callable[[Row], T]) -> Iterator[ParsedRecord[T] | Failure]:
    """Convert every row to a record. A row that breaks an invariant becomes a `Failure` with the record's id."""
    for row in table:
        if isinstance(row, Failure):
            yield row
            continue
        try:
            yield ParsedRecord(row.where, make(row))
        except RecordError as error:
            yield Failure(row.where, f"{_label(row)}{error}")


def _label(row: Row) -> str:
    value = row.values.get("id", row.values.get("user_id"))
    return f"{str(value)[:60]!r}: " if isinstance(value, str | int) and value != "" else ""
