"""Read sources into one history: every act once, with what was found and what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shortlist.core.errors import UsageError
from shortlist.ingest.history.acts import FIRST, VERBS, Act, Channel, Found, LeftOut, Page
from shortlist.ingest.history.importer import IMPORTERS
from shortlist.ingest.history.parts import parts_of

REPORTED = 1000
ALL = "all"  # domains
UNAPPROVED = "pages of domains that were not approved"
TOMORROW = timedelta(days=1)


@dataclass
class History:
    """What the sources have. `formats` counts files by the label of their importer, `unknown` names the others.

    `left_out` counts entries by what they are, `repeated` those that several files have, `partly` says which files
    could not be read to the end, and why. `pages` are articles of browsers by domain: `approve` makes acts of them.
    """

    sources: tuple[str, ...]
    acts: list[Act] = field(default_factory=list)
    channels: dict[Channel, None] = field(default_factory=dict)
    pages: dict[str, list[Act]] = field(default_factory=dict)
    formats: Counter[str] = field(default_factory=Counter)
    unknown: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    partly: list[str] = field(default_factory=list)
    repeated: int = 0

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """The times of the first and the last act, or None if no act has a time."""
        times = [act.at for act in self.acts if act.at is not None]
        return (min(times), max(times)) if times else None

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of acts by what they are: {"watches": 12, "saves": 3}, without zeros."""
        verbs = Counter(act.verb for act in self.acts)
        return {plural: verbs[verb] for verb, (_, plural) in VERBS.items() if verbs[verb]}

    @property
    def shorts(self) -> float:
        """The share of watches that are shorts by their address, title or length."""
        watches = [act for act in self.acts if act.verb == "watch"]
        return sum(map(_is_short, watches)) / len(watches) if watches else 0.0

    @property
    def domains(self) -> dict[str, int]:
        """The numbers of pages by their domain, the most first."""
        return dict(sorted(((name, len(acts)) for name, acts in self.pages.items()), key=lambda pair: -pair[1]))

    @property
    def persons(self) -> tuple[str, ...]:
        """Those whose acts the exports tell apart, if there are several."""
        names = sorted({act.person for act in self.acts if act.person})
        return tuple(names) if len(names) > 1 else ()

    def leave_out_searches(self) -> None:
        """Leave out what was searched for."""
        kept = [act for act in self.acts if act.verb != "search"]
        self.left_out["searches"] += len(self.acts) - len(kept)
        self.acts = kept

    def choose(self, domains: Collection[str]) -> None:
        """Make acts of the pages of `domains`, or of all with `ALL`, and leave out all others.

        Raises `UsageError` for a domain without a page, an export of several persons, and one without an act and a
        channel.
        """
        if self.persons:
            raise UsageError(
                "the export is of several persons", expected="the name of one", found=", ".join(self.persons),
                remedy="choose whose acts to import: --person NAME",
            )  # fmt: skip
        if wrong := [name for name in domains if name != ALL and name not in self.pages]:
            raise UsageError(
                "a domain without a page", expected=f"one of {', '.join(list(self.domains)[:10])}, or {ALL}",
                found=", ".join(wrong), remedy="see the domains with --dry-run",
            )  # fmt: skip
        self._approve(domains)
        if not self.acts and not self.channels:
            raise UsageError(
                "nothing to import", expected="an act or a channel", found="none that is not left out",
                remedy="see what is left out with --dry-run",
            )  # fmt: skip

    def _approve(self, domains: Collection[str]) -> None:
        for domain, acts in self.pages.items():
            if domain in domains or ALL in domains:
                self.acts += acts
            else:
                self.left_out[UNAPPROVED] += len(acts)
        self.pages = {}
        self.acts.sort(key=lambda act: act.at or FIRST, reverse=True)

    def keep_person(self, person: str) -> None:
        """Leave out the acts of others than `person`. Raises `UsageError` if the exports have none of theirs."""
        names = self.persons
        if person not in names:
            raise UsageError(
                "an unknown person", expected=f"one of {', '.join(names)}" if names else "an export of several persons",
                found=repr(person), remedy="correct the name" if names else "leave the option out",
            )  # fmt: skip
        kept = [act for act in self.acts if act.person in ("", person)]
        self.left_out["entries of other persons"] += len(self.acts) - len(kept)
        self.acts = kept

    @property
    def document(self) -> dict[str, Any]:
        """The history as JSON, without its acts."""
        first, last = self.span or (None, None)
        return {
            "sources": list(self.sources), "formats": dict(self.formats), "unknown": self.unknown,
            "counts": self.counts, "channels": len(self.channels), "left_out": dict(self.left_out),
            "domains": self.domains, "persons": list(self.persons), "repeated": self.repeated,
            "incomplete": self.partly, "shorts": round(self.shorts, 3),
            "from": first.isoformat() if first else None, "to": last.isoformat() if last else None,
        }  # fmt: skip


def read_history(
    sources: Iterable[str], since: datetime | None = None, progress: Callable[[int], None] | None = None,
    day_first: bool | None = None,
) -> History:  # fmt: skip
    """Read the sources, and keep the acts from `since` on, newest first. Nothing is stored.

    `day_first` says how to read dates such as 11/10/2026 where a file does not settle it. Raises
    `UsageError` if no file of them is known, or the only one cannot be read.
    """
    history = History(tuple(sources))
    adding = _Adding(history, since, progress)
    for source in history.sources:
        with TemporaryDirectory(prefix="shortlist-import-") as work:
            for part, importer in parts_of(source, Path(work)):
                if importer is None:
                    history.unknown.append(part.name)
                    continue
                history.formats[importer.label] += 1
                try:
                    for found in importer.read(replace(part, day_first=day_first)):
                        adding.add(found)
                except UsageError as error:
                    history.partly.append(str(error))
    if not history.formats:
        raise _unknown(history)
    if history.partly and not (history.acts or history.channels or history.pages):
        raise UsageError(
            "nothing could be read", expected="a complete export", found="; ".join(history.partly),
            remedy="download it again",
        )  # fmt: skip
    history.acts.sort(key=lambda act: act.at or FIRST, reverse=True)
    return history


class _Adding:
    """Adds what importers find to a history."""

    def __init__(self, history: History, since: datetime | None, progress: Callable[[int], None] | None) -> None:
        self._history = history
        self._since = since
        self._progress = progress
        self._latest = datetime.now(UTC) + TOMORROW
        self._keys: set[int] = set()
        self._done = 0

    def add(self, found: Found) -> None:
        """Add an act that is new and plausible, a channel, or one that is left out."""
        self._done += 1
        if self._progress and self._done % REPORTED == 0:
            self._progress(REPORTED)
        match found:
            case Channel():
                self._history.channels[found] = None
            case LeftOut():
                self._history.left_out[found.what] += 1
            case Page():
                self._add_act(found.act, self._history.pages.setdefault(found.domain, []))
            case Act():
                self._add_act(found, self._history.acts)

    def _add_act(self, act: Act, acts: list[Act]) -> None:
        if act.at is not None and not FIRST <= act.at <= self._latest:
            self._history.left_out["entries with an impossible time"] += 1
        elif self._since is not None and (act.at is None or act.at < self._since):
            self._history.left_out[f"entries before {self._since:%Y-%m-%d}"] += 1
        elif (key := hash(act.key)) in self._keys:
            self._history.repeated += 1
        else:
            self._keys.add(key)
            acts.append(act)


def _is_short(act: Act) -> bool:
    return "/shorts/" in act.url or "#short" in act.title.casefold() or (act.length_s or 61) <= 60


def _unknown(history: History) -> UsageError:
    some = ", ".join(history.unknown[:3]) or "no file"
    return UsageError(
        "no history was recognised", found=some,
        expected=f"an export of Google Takeout, or one of {len(IMPORTERS) - 1} other kinds",
        remedy="docs/import.md says which file to download",
    )  # fmt: skip
