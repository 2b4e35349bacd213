"""SQL that differs between SQLite and PostgreSQL: texts, long numbers, and lists of values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, BindParameter, Boolean, Integer, Select, bindparam, select
from sqlalchemy import Text as PlainText
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement, TableValuedAlias
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

PARAMETER = "values"
NUL, ESCAPE = "\x00", "\x01"


class _PostgresText(TypeDecorator[str]):
    r"""Text that sorts by code point, as in SQLite. NUL, which PostgreSQL refuses, is \x01a, and \x01 is \x01b."""

    impl = PlainText
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(collation="C")

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or (NUL not in value and ESCAPE not in value):
            return value
        return value.replace(ESCAPE, f"{ESCAPE}b").replace(NUL, f"{ESCAPE}a")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or ESCAPE not in value:
            return value
        return value.replace(f"{ESCAPE}a", NUL).replace(f"{ESCAPE}b", ESCAPE)


class _JsonList(TypeDecorator[list[str]]):
    """A list of texts as one parameter, because SQLite limits the number of parameters."""

    impl = PlainText
    cache_ok = True

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> str:
        return json.dumps(value)


Text = PlainText().with_variant(_PostgresText(), "postgresql")
Number = Integer().with_variant(BigInteger(), "postgresql")  # SQLite's INTEGER has 64 bits and increments automatically
_Texts = _JsonList().with_variant(ARRAY(_PostgresText()), "postgresql")


class _Each(FunctionElement[str]):
    """The elements of a list of texts, as rows."""

    inherit_cache = True
    name = "each"
    type = Text


class _InSubquery(FunctionElement[bool]):
    """True if the first argument is among the rows of the second, a subquery."""

    inherit_cache = True
    name = "in_subquery"
    type = Boolean()
    _is_implicitly_boolean = True  # a condition: it needs no "= 1" in a database without a boolean type


def in_list(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """Return `column IN values`. They are sent as one parameter, so any number is allowed."""
    return column.in_(select(_table(bindparam(None, list(values), type_=_Texts)).c.value))


def in_parameter(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return `column IN` the list that is passed as the parameter `PARAMETER`, for a statement that is built once."""
    return column.in_(select(parameter_table().c.value))


def parameter_table() -> TableValuedAlias:
    """Return the list that is passed as the parameter `PARAMETER` as a table with one column `value`."""
    return _table(bindparam(PARAMETER, type_=_Texts))


def _table(values: BindParameter[Any]) -> TableValuedAlias:
    # PostgreSQL names the column of a table-valued function after the table, SQLite names it value.
    return _Each(values).table_valued("value", name="value")


def in_subquery(column: ColumnElement[Any], rows: Select[Any]) -> ColumnElement[bool]:
    """Return `column IN rows`, evaluating `rows` first: few rows that depend on another table of the query."""
    return _InSubquery(column, rows.scalar_subquery())


@compiles(_Each)
def _json_each(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Each, "postgresql")
def _unnest(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"unnest({compiler.process(element.clauses, **options)})"


@compiles(_InSubquery)
def _in(element: _InSubquery, compiler: SQLCompiler, **options: Any) -> str:
    column, rows = element.clauses
    return f"{compiler.process(column, **options)} IN {compiler.process(rows, **options)}"


@compiles(_InSubquery, "postgresql")
def _any(element: _InSubquery, compiler: SQLCompiler, **options: Any) -> str:
    # With IN, PostgreSQL would run the subquery again for every row of the table.
    column, rows = element.clauses
    return f"{compiler.process(column, **options)} = ANY (ARRAY{compiler.process(rows, **options)})"
