"""The options of commands that make lists of videos."""

from __future__ import annotations

from typing import Annotated

import typer

from shortlist.core.config import RERANK_CHOICES
from shortlist.core.errors import UsageError
from shortlist.core.ranking import MAX_K


def rerank_method(text: str) -> str:
    """Return `text`, a value of `--rerank`. Raises `UsageError` for another."""
    if text not in RERANK_CHOICES:
        expected = f"one of {', '.join(RERANK_CHOICES)}"
        raise UsageError("unknown rerank method", expected=expected, found=repr(text), remedy="correct --rerank")
    return text


K = Annotated[int, typer.Option("-k", help="How many results.", min=1, max=MAX_K)]
About = Annotated[str | None, typer.Option("--about", help="A wish: what the reader is in the mood for.")]
Rerank = Annotated[
    str, typer.Option("--rerank", help=f"One of {', '.join(RERANK_CHOICES)}.", parser=rerank_method, metavar="METHOD")
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Show evidence, rank and contribution of each stage, and the cost.")
]
