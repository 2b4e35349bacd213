from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.errors import ConfigError
from shortlist.prompts.loader import FOLDER, load, parse

SOURCE = """+++
name = "greet"
version = 3
purpose = "For this test."
variables = ["name", "wish"]
+++

## system
Be kind.

## user
Hello {name}.

You want {wish}.
"""


def test_a_prompt_is_rendered_by_role_in_the_order_of_its_file() -> None:
    prompt = parse("greet", SOURCE)
    assert prompt.id == "greet@3"
    assert prompt.render(name="Ada", wish="tea") == [("system", "Be kind."), ("user", "Hello Ada.\n\nYou want tea.")]


def test_a_paragraph_whose_variables_are_all_empty_is_left_out() -> None:
    assert parse("greet", SOURCE).render(name="Ada", wish="")[1] == ("user", "Hello Ada.")


@given(st.text())
def test_values_are_put_in_as_they_are(value: str) -> None:
    rendered = parse("greet", SOURCE).render(name=value, wish="{name}")
    assert rendered[1][1].endswith("You want {name}.")
    assert value in rendered[1][1] or not value


@pytest.mark.parametrize("values", [{"name": "Ada"}, {"name": "Ada", "wish": "", "other": ""}, {}])
def test_missing_and_unknown_variables_fail(values: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="name, wish"):
        parse("greet", SOURCE).render(**values)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("+++\nname", "name"),
        ("version = 3\n", ""),
        ("version = 3", "version = "),
        ('"greet"', '"other"'),
        ("## system", "## narrator"),
        ("## system", "Stray words"),
        (', "wish"]', "]"),
        ("You want {wish}.", ""),
    ],
)
def test_a_malformed_file_is_refused(old: str, new: str) -> None:
    with pytest.raises(ConfigError):
        parse("greet", SOURCE.replace(old, new, 1))


def test_every_shipped_prompt_loads_under_its_own_name() -> None:
    names = [path.stem for path in FOLDER.glob("*.md")]
    assert "yesno" in names
    assert [load(name).name for name in names] == names


def test_an_unknown_prompt_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match="yesno"):
        load("nothing")
