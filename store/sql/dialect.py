"""SQL that SQLite and PostgreSQL write differently, said once: texts, long numbers, and lists of values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Integer, Select, bindparam, select
from sqlalchemy import Text as PlainText
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement, TableValuedAlias
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

NUL, ESCAPE = "\x00", "\x01"


class _PostgresText(TypeDecorator[str]):
    r"""Sorts as SQLite does, by code point. PostgreSQL refuses NUL: it is kept as \x01a, and so \x01 as \x01b."""

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
    """Any number of texts as one parameter of SQLite, which allows few parameters."""

    impl = PlainText
    cache_ok = True

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> str:
        return json.dumps(value)


Text = PlainText().with_variant(_PostgresText(), "postgresql")
Number = Integer().with_variant(BigInteger(), "postgresql")  # SQLite's INTEGER has 64 bits, and counts up by itself
_Texts = _JsonList().with_variant(ARRAY(_PostgresText()), "postgresql")


class _Each(FunctionElement[str]):
    """The elements of a list of texts, as rows."""

    inherit_cache = True
    name = "each"
    type = Text


class _OneOf(FunctionElement[bool]):
    """Whether the first argument is among the rows of the second, a subquery."""

    inherit_cache = True
    name = "one_of"
    type = Boolean()
    _is_implicitly_boolean = True  # a condition: it needs no "= 1" where there is no type boolean


def listed(values: Iterable[str]) -> TableValuedAlias:
    """`values` as a table with one column `value`. They travel as one parameter, so there may be any number."""
    # PostgreSQL calls the column of a table-valued function as the table, SQLite calls it value.
    return _Each(bindparam(None, list(values), type_=_Texts)).table_valued("value", name="value")


def among(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """`column IN values`, for any number of values."""
    return column.in_(select(listed(values).c.value))


def one_of(column: ColumnElement[Any], rows: Select[Any]) -> ColumnElement[bool]:
    """`column IN rows`, where `rows` is few rows that depend on another table of the query: they are found first."""
    return _OneOf(column, rows.scalar_subquery())


@compiles(_Each)
def _json_each(element: _Each, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **how)})"


@compiles(_Each, "postgresql")
def _unnest(element: _Each, compiler: SQLCompiler, **how: Any) -> str:
    return f"unnest({compiler.process(element.clauses, **how)})"


@compiles(_OneOf)
def _in(element: _OneOf, compiler: SQLCompiler, **how: Any) -> str:
    column, rows = element.clauses
    return f"{compiler.process(column, **how)} IN {compiler.process(rows, **how)}"


@compiles(_OneOf, "postgresql")
def _any(element: _OneOf, compiler: SQLCompiler, **how: Any) -> str:
    # Of IN, PostgreSQL would ask the subquery again for every row of the table.
    column, rows = element.clauses
    return f"{compiler.process(column, **how)} = ANY (ARRAY{compiler.process(rows, **how)})"
