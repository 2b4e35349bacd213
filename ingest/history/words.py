"""A history in words: what it has, what an import stored of it, and what it shows of the reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from shortlist.ingest.history.acts import VERBS
from shortlist.ingest.history.read import History
from shortlist.ingest.history.store import Imported
from shortlist.models.language_identifier import default_identifier

MAX_SOURCES = 5
MAX_DOMAINS = 20
LEAST_SHORTS = 0.01
SHOWN = 3  # names in a sentence
LANGUAGE_TITLES = 300  # the newest
LEAST_TITLE = 20  # characters that tell a language
SURE_LANGUAGE, LEAST_LANGUAGE = 0.9, 0.1
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
    if languages := languages_of(act.title for act in history.acts):
        yield f"  titles in {', '.join(f'{code} ({share:.0%})' for code, share in languages.items())}"
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
        yield f"  left out: {what} ({number:,})"
    for problem in history.partly:
        yield f"  incomplete: {problem}"


def languages_of(titles: Iterable[str]) -> dict[str, float]:
    """Return the shares of languages that are sure, of the first titles that are long enough to tell; common ones."""
    long = list(islice((title for title in titles if len(title) >= LEAST_TITLE), LANGUAGE_TITLES))
    if not long:
        return {}
    best = [default_identifier().rank(title)[0] for title in long]
    sure = Counter(code for code, probability in best if probability >= SURE_LANGUAGE)
    shares = {code: number / sure.total() for code, number in sure.most_common(SHOWN)}
    return {code: share for code, share in shares.items() if share >= LEAST_LANGUAGE}


def counted(document: Mapping[str, Any]) -> str:
    """Return "12 watches, 1 save, 2 channels"."""
    counts = {**document["counts"], "channels": document["channels"]}
    return ", ".join(quantity(number, what) for what, number in counts.items() if number) or "nothing to import"


def quantity(number: int, plural: str) -> str:
    """Return "12 watches", or "1 watch"."""
    return f"{number:,} {SINGULAR.get(plural, plural.removesuffix('s')) if number == 1 else plural}"


def report_lines(done: Imported) -> list[str]:
    """Return what was stored, and what it shows of the reader."""
    stored = f"import {done.batch.id}: {done.new:,} new events, {done.known:,} known, {done.titles:,} new titles"
    followed = f", {quantity(len(done.followed), 'channels')} followed" if done.followed else ""
    return [stored + followed, *([sentence] if (sentence := learned(done)) else [])]


def learned(done: Imported) -> str:
    """Return a sentence on what the reader watches most, or nothing."""
    names = [name for name, _ in done.channels.most_common(SHOWN)]
    categories = [name for name, _ in done.categories.most_common(SHOWN)]
    mostly = f"mostly {listed(names)}" if names else ""
    about = ", ".join(filter(None, (listed(categories), mostly)))
    return f"You watch {about}." if about else ""


def listed(names: Sequence[str]) -> str:
    """Return "space, trains and cooking"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
