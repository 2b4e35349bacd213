"""Loads prompt files: a TOML header between `+++` lines, then a section for each role (`## system`, `## user`).

`{name}` in a section is a variable. A paragraph whose variables are all empty is left out, so that parts such as the
wish or the current session are optional. Values are inserted verbatim and never parsed as templates: no value can refer
to another variable.
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
    """A parsed prompt file; `turns` are (role, template) pairs."""

    name: str
    version: int
    purpose: str
    variables: tuple[str, ...]
    turns: tuple[Turn, ...]

    @property
    def id(self) -> str:
        """NAME@VERSION, for cache keys and `made_by`. Raise the version whenever the text changes."""
        return f"{self.name}@{self.version}"

    def render(self, **values: str) -> list[Turn]:
        """Return the turns with `values` inserted. Raises `ConfigError` unless they match the header's variables."""
        _check_names(self.name, "the values given", set(values), set(self.variables))
        return [(role, _fill(text, values)) for role, text in self.turns]


@cache
def load(name: str) -> Prompt:
    """Return the prompt of `prompts/NAME.md`. Raises `ConfigError` if the file is missing or malformed."""
    path = FOLDER / f"{name}.md"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.md")))
        raise ConfigError(f"no prompt {name!r}", expected=f"one of {known}", found=name, remedy="correct the name")
    return parse(name, path.read_text(encoding="utf-8"))


def parse(name: str, source: str) -> Prompt:
    """Return the prompt in `source`. Raises `ConfigError` if header, sections and variables disagree."""
    parts = HEADER.match(source)
    if parts is None:
        raise _malformed(name, "a TOML header between two +++ lines", source[:40])
    header = _header(name, parts[1])
    turns = _turns(name, parts[2])
    prompt = Prompt(turns=turns, **{**header, "variables": tuple(header["variables"])})
    used = {variable for _, text in turns for variable in VARIABLE.findall(text)}
    _check_names(name, "the variables in its text", used, set(prompt.variables))
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
    paragraphs = [part for part in text.split("\n\n") if _has_content(part, values)]
    return "\n\n".join(VARIABLE.sub(lambda match: values[match[1]], part) for part in paragraphs)


def _has_content(paragraph: str, values: dict[str, str]) -> bool:
    names = VARIABLE.findall(paragraph)
    return not names or any(values[name] for name in names)


def _check_names(prompt: str, where: str, found: set[str], declared: set[str]) -> None:
    if found != declared:
        expected, actual = (", ".join(sorted(names)) or "none" for names in (declared, found))
        raise ConfigError(
            f"prompt {prompt!r}: its header and {where} disagree",
            expected=expected,
            found=actual,
            remedy="give exactly the declared variables",
        )


def _malformed(name: str, expected: str, found: str) -> ConfigError:
    return ConfigError(
        f"malformed prompt {name!r}", expected=expected, found=repr(found), remedy=f"correct prompts/{name}.md"
    )
