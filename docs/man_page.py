"""Build the manual page shortlist(1): the help of every command in docs/cli.md, as roff."""

from __future__ import annotations

import re

HEAD = r"""\" Built from docs/cli.md.
.TH SHORTLIST 1 "" "" "User Commands"
.SH NAME
shortlist \- recommend short videos from what people read and watch
.SH SYNOPSIS
.B shortlist
.RI [ OPTIONS ] " COMMAND " [ ARGS ]...
.SH COMMANDS
"""
TAIL = r""".SH EXIT STATUS
0 if all went well, 1 if some items failed, 2 for wrong usage, 3 if a model or service is missing, 4 for damaged or
locked data, 130 after Ctrl\-C.
"""


COMMAND = re.compile(r"^## ([^\n]+)\n\n```text\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


def man_page(cli: str) -> str:
    """Return the page; `cli` is the text of docs/cli.md."""
    sections = [f".SS {_escape(command)}\n.nf\n{_escape(text)}\n.fi\n" for command, text in COMMAND.findall(cli)]
    return f".{HEAD}{''.join(sections)}{TAIL}"


def _escape(text: str) -> str:
    r"""Escape backslashes and hyphens, and lines that begin with . or ', which roff reads as requests."""
    lines = text.replace("\\", r"\e").replace("-", r"\-").splitlines()
    return "\n".join(rf"\&{line}" if line.startswith((".", "'")) else line for line in lines)
