"""Write docs/cli.md from the command line, docs/config.md, and the table of docs/cost.md.

--check only compares.

python -m docs.generate [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from shortlist.app.cli.commands import COMMANDS, walk
from shortlist.app.cli.main import command
from shortlist.core.config import Config
from shortlist.ops.cost.estimate import Workload, estimate, total
from shortlist.ops.cost.prices import load_prices

DOCS = Path(__file__).parent
SIZES = ((1e4, 1e4, 1e5), (1e5, 1e5, 1e6), (1e6, 1e6, 1e7))  # videos, readers, events a day


def cli_page() -> str:
    """Every command's --help, in the order of the table of commands."""
    parts = ["# Command line", "", "Generated from the code by `make docs`; do not edit.", ""]
    for name, shown in _helps():
        parts += [f"## {name}", "", "```text", shown, "```", ""]
    return "\n".join(parts)


def _helps() -> Iterator[tuple[str, str]]:
    """Yield each command and the text of its --help."""
    for words in _commands():
        with redirect_stdout(StringIO()) as output:
            command().main([*words, "--help"], prog_name="shortlist", standalone_mode=False, terminal_width=80)
        shown = "\n".join(line.rstrip() for line in output.getvalue().strip().splitlines())
        yield " ".join(["shortlist", *words]), shown


def _commands() -> Iterator[tuple[str, ...]]:
    """Yield the words of each command; of those that share a function, the first."""
    yield ()
    functions = set()
    for words, entry in walk(COMMANDS):
        if entry.function not in functions:
            yield words
        functions |= {entry.function} - {""}


def config_page() -> str:
    """Every setting with its type, default and meaning, by section."""
    parts = [
        "# Configuration",
        "",
        "Generated from the code by `make docs`; do not edit.",
        "",
        "Settings come from a TOML file, then the environment, then the command line; the last wins.",
        "The file is the one named by `--config`, else `shortlist.toml` in the current folder, else `shortlist.toml`",
        "in your configuration folder (`~/.config/shortlist` on Linux).",
        "The environment variable of `threads` in section `llm` is `SHORTLIST_LLM__THREADS`.",
        "A key not listed here is refused. `shortlist config` prints every value and where it came from.",
        "",
    ]
    parts += _section("top level", Config)
    return "\n".join(parts)


def _section(title: str, section: type[BaseModel]) -> list[str]:
    rows, inner = [], []
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            inner.append((name, kind))
            continue
        default: Any = field.get_default(call_default_factory=True)
        rows.append(f"| `{name}` | {_type(kind)} | `{_default(default)}` | {field.description or ''} |")
    lines = [f"## {title}", "", "| setting | type | default | meaning |", "|---|---|---|---|", *rows, ""]
    for name, kind in inner:
        lines += _section(f"[{name}]", kind)
    return lines


def _type(kind: Any) -> str:
    """A type as a reader writes it, without the limits that pydantic adds to it."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _type(inner[0])
    if origin is Literal:
        return " \\| ".join(f'"{value}"' for value in inner)
    if origin in (Union, UnionType):
        return " \\| ".join(map(_type, inner))
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(_type, inner))}]"
    return {NoneType: "None", Ellipsis: "..."}.get(kind, getattr(kind, "__name__", str(kind)))


def _default(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    return str(value)


def cost_page() -> str:
    """The page about costs, with the table of three sizes between its comments."""
    prices = load_prices()
    bills = [estimate(Workload.of(*size), prices) for size in SIZES]
    videos, readers, events = zip(*SIZES, strict=True)
    rows = [
        ["", *(f"{number:,.0f} videos" for number in videos)],
        ["---", *("---:" for _ in SIZES)],
        ["readers", *(f"{number:,.0f}" for number in readers)],
        ["events a day", *(f"{number:,.0f}" for number in events)],
        *([lines[0].part, *(f"{line.usd:,.0f}" for line in lines)] for lines in zip(*bills, strict=True)),
        ["**USD a month**", *(f"**{total(bill):,.0f}**" for bill in bills)],
        ["serving tasks", *(bill[0].size for bill in bills)],
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    page = (DOCS / "cost.md").read_text(encoding="utf-8")
    before, _, rest = page.partition("do not edit -->\n")
    where = f"Region {prices.region}, table of {prices.date}."
    return f"{before}do not edit -->\n{table}\n\n{where}\n<!-- end -->{rest.partition('<!-- end -->')[2]}"


def main() -> int:
    """Write the pages, or with --check name those that are stale and return 1."""
    stale = []
    pages = {"cli.md": cli_page(), "config.md": config_page(), "cost.md": cost_page()}
    for name, text in pages.items():
        path = DOCS / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.stderr.write(f"stale: {', '.join(stale)}; run `make docs`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
