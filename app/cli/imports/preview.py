"""What a history has, in words: before it is imported, and in the list of imports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shortlist.ingest.history.acts import VERBS
from shortlist.ingest.history.read import History

MAX_SOURCES = 5
MAX_DOMAINS = 20
LEAST_SHORTS = 0.01
SINGULAR = {plural: verb for verb, (_, plural) in VERBS.items()}


def preview_lines(history: History) -> Iterator[str]:
    """Yield the lines: formats, counts, times, and what is left out."""
    formats = ", ".join(f"{label} ({n} files)" if n > 1 else label for label, n in history.formats.items())
    others = f"; not used: {quantity(len(history.unknown), 'other files')}" if history.unknown else ""
    yield f"{', '.join(history.sources[:MAX_SOURCES])}: {formats}{others}"
    yield f"  {counted(history.document)}"
    if history.span:
        first, last = history.span
        yield f"  from {first:%d %b %Y} to {last:%d %b %Y} (UTC)"
    if history.shorts >= LEAST_SHORTS:
        yield f"  {history.shorts:.0%} of the watches are shorts by their address, title or length"
    if history.pages:
        domains = history.domains
        some = ", ".join(f"{number:,} of {name}" for name, number in list(domains.items())[:MAX_DOMAINS])
        others = f", and of {len(domains) - MAX_DOMAINS:,} other domains" if len(domains) > MAX_DOMAINS else ""
        yield f"  pages, imported only if you approve their domain: {some}{others}"
    if history.persons:
        yield f"  of several persons: {', '.join(history.persons)}"
    if history.repeated:
        yield f"  {history.repeated:,} entries are in several files, and count once"
    for what, number in history.left_out.most_common():
        yield f"  left out: {number:,} {what}"
    for problem in history.partly:
        yield f"  incomplete: {problem}"


def counted(document: Mapping[str, Any]) -> str:
    """Return "12 watches, 1 save, 2 channels"."""
    counts = {**document["counts"], "channels": document["channels"]}
    return ", ".join(quantity(number, what) for what, number in counts.items() if number) or "nothing to import"


def quantity(number: int, plural: str) -> str:
    """Return "12 watches", or "1 watch"."""
    return f"{number:,} {SINGULAR.get(plural, plural.removesuffix('s')) if number == 1 else plural}"
