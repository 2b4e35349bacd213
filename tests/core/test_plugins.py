"""Tables of parts: names are unique, unknown ones are refused with those that exist, and plugins come last."""

from __future__ import annotations

import pytest

from shortlist.core.errors import ConfigError
from shortlist.core.plugins import SHORTLIST, Table


def test_a_table_is_a_mapping_of_what_was_added() -> None:
    table: Table[int] = Table("number")
    table.add("one", 1)
    table.add("two", 2)
    assert dict(table) == {"one": 1, "two": 2}
    assert table.origin("one") == SHORTLIST
    table.remove("one")
    assert "one" not in table
    assert len(table) == 1


def test_an_unknown_name_is_refused_with_those_that_exist() -> None:
    table: Table[int] = Table("number")
    table.add("one", 1)
    with pytest.raises(ConfigError, match="unknown number: expected one of one, found 'two'"):
        table["two"]


def test_a_name_is_given_once() -> None:
    table: Table[int] = Table("number")
    table.add("one", 1)
    with pytest.raises(ConfigError, match="two parts are named 'one'"):
        table.add("one", 2)
    assert table["one"] == 1
