"""Reads a prompt file: a TOML header between `+++` lines, then one section a role (`## system`, `## user`).

A section is text with `{name}` where a variable goes. A paragraph that mentions variables, all of them
empty, is left out; that is how an optional part (the wish, the current session) is written. Values are put in
as they are and never read as template, so nothing inside a value can reach another variable.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from shortlist.core.errors import ConfigError

Role = Literal["system", "user", "assistant"]
Turn = tuple[Role, str]

FOLDER = Path(__file__).parent
HEADER = re.compile(r"\A\+\+\+\n(.*?)\n\+\+\+\n(.*)\Z", re.DOTALL)
SECTION = re.compile(r"^## (\w+)[ \t]*$", re.MULTILINE)
VARIABLE = re.compile(r"\{([a-z_]+)\}")
KEYS = ("name", "version", "purpose", "variables")
ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt file."""

    name: str
    version: int
    purpose: str
    variables: tuple[str, ...]
    turns: tuple[Turn, ...]

    @property
    def id(self) -> str:
        """NAME@VERSION, which goes into caches and `made_by`: other words are a new version."""
        return f"{self.name}@{self.version}"

    def render(self, **values: str) -> list[Turn]:
        """The turns with `values` put in. Raises `ConfigError` unless exactly the variables of the header are given."""
        _same_names(self.name, "the values given", set(values), set(self.variables))
        return [(role, _fill(text, values)) for role, text in self.turns]


@cache
def load(name: str) -> Prompt:
    """The prompt of `prompts/NAME.md`. Raises `ConfigError` where there is none or its file is malformed."""
    path = FOLDER / f"{name}.md"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.md")))
        raise ConfigError(f"no prompt {name!r}", expected=f"one of {known}", found=name, remedy="correct the name")
    return parse(name, path.read_text(encoding="utf-8"))


def parse(name: str, source: str) -> Prompt:
    """The prompt written in `source`. Raises `ConfigError` where header, sections and variables disagree."""
    parts = HEADER.match(source)
    if parts is None:
        raise _malformed(name, "a TOML header between two +++ lines", source[:40])
    header = _header(name, parts[1])
    turns = _turns(name, parts[2])
    prompt = Prompt(turns=turns, **{**header, "variables": tuple(header["variables"])})
    used = {variable for _, text in turns for variable in VARIABLE.findall(text)}
    _same_names(name, "the variables in its text", used, set(prompt.variables))
    return prompt


def _header(name: str, source: str) -> dict[str, Any]:
    try:
        header = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise _malformed(name, "a header in TOML", str(error)) from error
    if sorted(header) != sorted(KEYS) or header["name"] != name:
        raise _malformed(name, f"the keys {', '.join(KEYS)}, and the name of its file", ", ".join(header))
    return header


def _turns(name: str, body: str) -> tuple[Turn, ...]:
    before, *pieces = SECTION.split(body)
    roles, texts = pieces[::2], pieces[1::2]
    if before.strip() or not roles or not set(roles) <= set(ROLES):
        raise _malformed(name, f"sections headed ## {', ## '.join(ROLES)}", ", ".join(roles) or "none")
    return tuple((cast("Role", role), text.strip()) for role, text in zip(roles, texts, strict=True))


def _fill(text: str, values: dict[str, str]) -> str:
    paragraphs = [part for part in text.split("\n\n") if _wanted(part, values)]
    return "\n\n".join(VARIABLE.sub(lambda match: values[match[1]], part) for part in paragraphs)


def _wanted(paragraph: str, values: dict[str, str]) -> bool:
    names = VARIABLE.findall(paragraph)
    return not names or any(values[name] for name in names)


def _same_names(prompt: str, where: str, found: set[str], declared: set[str]) -> None:
    if found != declared:
        shown = [", ".join(sorted(names)) or "none" for names in (declared, found)]
        raise ConfigError(
            f"prompt {prompt!r}: its header and {where} disagree",
            expected=shown[0],
            found=shown[1],
            remedy="give exactly the declared variables",
        )


def _malformed(name: str, expected: str, found: str) -> ConfigError:
    return ConfigError(
        f"malformed prompt {name!r}", expected=expected, found=repr(found), remedy=f"correct prompts/{name}.md"
    )
