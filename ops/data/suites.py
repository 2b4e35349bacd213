"""Write the table of rules out for other engines: a suite of Great Expectations, and a ruleset of AWS Glue (DQDL).

Both check the typed columns of `cells.typed`. What only the home can say is a parameter of the suite: the latest
allowed time, the known ids, and what is usual.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shortlist.ops.data.rules import LATEST, Kind, Rule, batch_rules, row_rules

Bounds = dict[str, Any]


def expectation_suite(kind: Kind) -> dict[str, Any]:
    """Return the rules of `kind` as the JSON of an expectation suite (Great Expectations 1)."""
    rules = [*row_rules(kind), *(rule for rule in batch_rules(kind) if rule.check in EXPECTATIONS)]
    return {
        "name": f"shortlist-{kind}",
        "expectations": [expectation(rule) for rule in rules],
        "meta": {"parameters": ["latest", "known_videos", "known_articles", "most_rows", "oldest"]},
    }


def expectation(rule: Rule) -> dict[str, Any]:
    """Return one rule as an expectation."""
    name, arguments = EXPECTATIONS[rule.check](rule)
    column = {"column": rule.column} if rule.column else {}
    where = {}
    if rule.where is not None:
        other, value = rule.where
        condition = f"{other}.isnull()" if value is None else f'{other}=="{value}"'
        where = {"row_condition": condition, "condition_parser": "pandas"}
    mostly = {} if rule.share is None else {"mostly": rule.share}
    return {"type": name, "kwargs": {**column, **arguments, **where, **mostly}, "meta": {"rule": rule.name}}


def _between(rule: Rule) -> tuple[str, Bounds]:
    low, high = rule.arguments
    highest = {"$PARAMETER": "latest"} if high == LATEST else high
    return "expect_column_values_to_be_between", {"min_value": low, "max_value": highest}


def _lengths(rule: Rule) -> tuple[str, Bounds]:
    low, high = rule.arguments
    return "expect_column_value_lengths_to_be_between", {"min_value": low, "max_value": high}


EXPECTATIONS: Mapping[str, Callable[[Rule], tuple[str, Bounds]]] = {
    "readable": lambda rule: ("expect_column_values_to_be_null", {}),
    "present": lambda rule: ("expect_column_values_to_not_be_null", {}),
    "length": _lengths,
    "between": _between,
    "one of": lambda rule: ("expect_column_values_to_be_in_set", {"value_set": list(rule.arguments)}),
    "unique": lambda rule: ("expect_column_values_to_be_unique", {}),
    "known": lambda rule: (
        "expect_column_values_to_be_in_set",
        {"value_set": {"$PARAMETER": f"known_{rule.arguments[0]}"}},
    ),
    "volume": lambda rule: ("expect_table_row_count_to_be_between", {"max_value": {"$PARAMETER": "most_rows"}}),
    "fresh": lambda rule: ("expect_column_max_to_be_between", {"min_value": {"$PARAMETER": "oldest"}}),
}


def glue_ruleset(kind: Kind) -> str:
    """Return the rules of `kind` in DQDL, the language of AWS Glue Data Quality (Deequ).

    The tables of the catalogue are reference data sets of their names. A null value of an optional column is allowed.
    """
    rules = [*row_rules(kind), *(rule for rule in batch_rules(kind) if rule.check in GLUE)]
    lines = ",\n".join(f"    {GLUE[rule.check](rule)}" for rule in rules)
    return f"Rules = [\n{lines}\n]\n"


def _where(rule: Rule, *conditions: str) -> str:
    """Return the filter of a rule, with more conditions."""
    if rule.where is not None:
        other, value = rule.where
        conditions = (f"{other} is null" if value is None else f"{other} = '{value}'", *conditions)
    return f' where "{" and ".join(conditions)}"' if conditions else ""


def _given(rule: Rule) -> str:
    return _where(rule, f"{rule.column} is not null")


def _glue_between(rule: Rule) -> str:
    low, high = rule.arguments
    column, where = f'ColumnValues "{rule.column}"', _given(rule)
    if high == LATEST:
        return f"{column} <= (now() + 1 days){where}"
    return f"{column} >= {low:g}{where},\n    {column} <= {high:.0f}{where}"


def _glue_length(rule: Rule) -> str:
    low, high = rule.arguments
    column, where = f'ColumnLength "{rule.column}"', _given(rule)
    return f"{column} >= {low}{where},\n    {column} <= {high}{where}"


def _glue_known(rule: Rule) -> str:
    table = rule.arguments[0]
    joined = f"from primary left join {table} on primary.{rule.column} = {table}.id"
    share = f"select avg(case when {table}.id is null then 0.0 else 1.0 end) {joined}"
    condition = f" where primary.{rule.where[0]} = '{rule.where[1]}'" if rule.where else ""
    return f'CustomSql "{share}{condition}" >= {rule.share}'


GLUE: Mapping[str, Callable[[Rule], str]] = {
    "readable": lambda rule: f'ColumnValues "{rule.column}" = NULL',
    "present": lambda rule: f'IsComplete "{rule.column}"{_where(rule)}',
    "length": _glue_length,
    "between": _glue_between,
    "one of": lambda rule: (
        f'ColumnValues "{rule.column}" in [{", ".join(f"{chr(34)}{one}{chr(34)}" for one in rule.arguments)}]'
        f"{_given(rule)}"
    ),
    "unique": lambda rule: f'IsUnique "{rule.column}"{_given(rule)}',
    "known": _glue_known,
    "volume": lambda rule: "RowCount < 10 * avg(last(14))",
    "fresh": lambda rule: f'DataFreshness "{rule.column}" <= 7 days',
}
