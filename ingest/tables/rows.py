"""Rows, failures and columns: what every table format yields and expects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from shortlist.core.errors import RecordError, UsageError, one_line

T = TypeVar("T")

MAX_COMPARED = 1000  # columns
MAX_REMEMBERED = 1000  # sets of names
NOT_MAPPED = " (not mapped)"
IDENTITIES = ("id", "event_id")  # a record without its own would be another record
MIN_SIMILARITY = 75  # rapidfuzz ratio from which a column is suggested for a missing one


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `where` is "file:line" (line 1 is the first of the file), `values` maps column to value."""

    where: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """A row, file or address that could not be ingested: the reason on one line, and its `cause`, a code."""

    where: str
    reason: str
    cause: str = RecordError.code

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", one_line(self.reason))


@dataclass(frozen=True, slots=True)
class ParsedRecord(Generic[T]):
    """A record, the place of its row, and the reasons why optional fields of the row were left out."""

    where: str
    record: T
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnOptions:
    """What a user says of the columns of their table.

    `mapping` names the column of the table for one of ours, `constants` are values of ours in every row, `day_first`
    says how to read dates such as 11/10/2026 where their column does not settle it.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    day_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a kind of record.

    `required` lists groups of names; one of each group must be present. `aliases` maps other names to ours. `mapping`
    is the user's: our name to that of the table, before any alias. `constants` are in every row, whatever it has. Case
    is ignored ("Title", "Description"). `day_first` is that of `ColumnOptions`.
    """

    required: tuple[tuple[str, ...], ...]
    optional: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    day_first: bool | None = None
    _renamed: dict[tuple[str, ...], Sequence[str]] = field(default_factory=dict, init=False, compare=False, repr=False)
    _faults: dict[tuple[str, ...], str] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def dispensable(self) -> tuple[str, ...]:
        """Names of the columns whose value may be left out of a row: optional, and no identity."""
        return tuple(name for name in self.optional if name not in IDENTITIES)

    @property
    def names(self) -> tuple[str, ...]:
        """All of our names, required ones first."""
        return (*(name for group in self.required for name in group), *self.optional)

    def chosen(self, options: ColumnOptions) -> Columns:
        """Return these columns with what the user says of them. Raises `UsageError` for a name that is not ours."""
        for name, value in (*options.mapping.items(), *options.constants.items()):
            if name not in self.names:
                raise UsageError(
                    f"unknown column {name!r}",
                    expected=f"one of {', '.join(self.names)}",
                    found=f"{name}={value}",
                    remedy="write it as OURS=YOURS, such as title='Video Title'",
                )
        return replace(self, mapping=options.mapping, constants=options.constants, day_first=options.day_first)

    def rename(self, found: Sequence[str]) -> list[str]:
        """Replace mapped names and aliases in `found`, in the same order.

        A name stays as it is if its replacement is present too. A column that has our name, while another is mapped to
        it, is renamed to "NAME (not mapped)".
        """
        mapped = {theirs.strip().casefold(): ours for ours, theirs in self.mapping.items()}
        folded = {name.casefold(): ours for name, ours in self.aliases.items()}
        folded |= {name.casefold(): name for name in self.names}
        taken = {*found, *self.mapping}
        renamed = []
        for name in found:
            key = name.strip().casefold()
            ours = mapped.get(key) or folded.get(key, name)
            if key not in mapped and ours in self.mapping:
                ours = f"{name}{NOT_MAPPED}"
            elif key not in mapped and ours != name and ours in taken:
                ours = name
            taken.add(ours)
            renamed.append(ours)
        return renamed

    def check(self, found: Sequence[str], where: str, remedy: str = "name the columns in the first row") -> None:
        """Raise `UsageError`, with the expected, found and similar columns, unless all required columns are present.

        A mapped column must be present too.
        """
        absent = [theirs for ours, theirs in self.mapping.items() if ours not in found]
        if absent:
            raise UsageError(
                f"{where}: no column {absent[0]!r} to map",
                expected="the name of a column of this table",
                found=", ".join(name[:60].removesuffix(NOT_MAPPED) for name in found[:30]) or "none",
                remedy="correct --map",
            )
        found = [*found, *self.constants]
        missing = [" or ".join(group) for group in self.required if not set(group) & set(found)]
        if missing:
            expected = ", ".join(" or ".join(group) for group in self.required)
            raise UsageError(
                f"{where}: missing column {', '.join(missing)}",
                expected=f"the columns {expected}",
                found=", ".join(name[:60] for name in found[:30]) or "none",
                remedy=self._remedy(found) or remedy,
            )

    def renamed(self, found: tuple[str, ...]) -> Sequence[str]:
        """Return `rename(found)`, remembered: most records of a file have the same names."""
        names = self._renamed.get(found)
        if names is None:
            names = self.rename(found)
            _remember(self._renamed, found, names)
        return names

    def record_fault(self, found: tuple[str, ...]) -> str | None:
        """Return why a record with values in these columns lacks one, or None. Remembered as in `renamed`."""
        fault = self._faults.get(found)
        if fault is None:
            try:
                self.check(found, "record", "add it")
                fault = ""
            except UsageError as error:
                fault = str(error)
            _remember(self._faults, found, fault)
        return fault or None

    def _remedy(self, found: Sequence[str]) -> str:
        """Suggest a column of `found` for each missing one, the most similar pair first, and none of them twice."""
        from rapidfuzz import fuzz, process, utils

        spare = [name for name in found[:MAX_COMPARED] if name not in self.names]
        missing = [group[0] for group in self.required if not set(group) & set(found)]
        scores = process.cdist(missing, spare, scorer=fuzz.WRatio, processor=utils.default_process)
        pairs: list[tuple[str, str]] = []
        for at in scores.argsort(axis=None, kind="stable")[::-1]:
            name, column = missing[at // len(spare)], spare[at % len(spare)]
            if scores.flat[at] >= MIN_SIMILARITY and not any(name == ours or column == its for ours, its in pairs):
                pairs.append((name, column))
        pairs.sort(key=lambda pair: missing.index(pair[0]))
        renames = " and ".join(f"{column} to {name}" for name, column in pairs)
        options = " ".join(f"--map {name}='{column}'" for name, column in pairs)
        return f"rename {renames}, or add {options}" if pairs else ""


def _remember(known: dict[tuple[str, ...], T], names: tuple[str, ...], value: T) -> None:
    if len(known) >= MAX_REMEMBERED:
        known.clear()
    known[names] = value


def reject_duplicate_columns(source: Path | str, names: Sequence[str]) -> None:
    """Raise `UsageError` if a column is repeated."""
    doubled = sorted(name for name, number in Counter(names).items() if name and number > 1)
    if doubled:
        raise UsageError(
            f"{source}: ambiguous header",
            expected="every column once",
            found=f"{', '.join(doubled)} more than once",
            remedy="rename or drop one of them",
        )


def records(
    table: Iterable[Row | Failure], make: Callable[[Row], T], optional: Collection[str] = ()
) -> Iterator[ParsedRecord[T] | Failure]:
    """Convert every row to a record. A row that breaks an invariant becomes a `Failure` with the record's id.

    A value of an `optional` column that cannot be parsed is left out, and the rest of its row is converted.
    """
    for row in table:
        if isinstance(row, Failure):
            yield row
            continue
        try:
            yield _record(row, make, optional)
        except RecordError as error:
            yield Failure(row.where, f"{_label(row)}{error}")


def _record(row: Row, make: Callable[[Row], T], optional: Collection[str]) -> ParsedRecord[T]:
    left_out: list[str] = []
    while True:
        try:
            return ParsedRecord(row.where, make(row), tuple(left_out))
        except RecordError as error:
            without = next((less for name in optional if (less := _cured(row, name, make, str(error)))), None)
            if without is None:
                raise
            left_out.append(str(error))
            row = without


def _cured(row: Row, name: str, make: Callable[[Row], object], fault: str) -> Row | None:
    """Return the row without the column `name` if that removes `fault`."""
    if name not in row.values:
        return None
    less = Row(row.where, {key: value for key, value in row.values.items() if key != name})
    try:
        make(less)
    except RecordError as error:
        return None if str(error) == fault else less
    return less


def _label(row: Row) -> str:
    value = row.values.get("id", row.values.get("user_id"))
    return f"{str(value)[:60]!r}: " if isinstance(value, str | int) and value != "" else ""
