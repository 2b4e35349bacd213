"""Take complete files out of incoming/, each content once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from shortlist.core.errors import UsageError
from shortlist.ops.data.inbox import FILE_KINDS, FileKind, Found, is_unfinished
from shortlist.ops.data.ledger import OPEN, Arrival
from shortlist.ops.data.workplace import Workplace, digest


def take_arrivals(place: Workplace) -> list[Arrival]:
    """Move the complete files of incoming/ to processing/ and record them. Return the new arrivals.

    A file whose content was stored before is recorded as a duplicate and deleted. First finishes what a killed run left
    behind: a file in processing/ that is in no record was taken and not recorded.
    """
    for arrival in place.ledger.in_state("finishing"):
        place.finish(arrival)
    versions: dict[tuple[FileKind, str], str] = {}
    for found in place.found():
        if place.ledger.is_finished(found.kind, found.name, found.version):
            place.inbox.clear(found)
            continue
        path = place.path(found.kind, found.name)
        if not path.exists() and place.inbox.take(found, path):
            versions[found.kind, found.name] = found.version
    recorded = {(arrival.kind, arrival.name) for arrival in place.ledger.in_state(*OPEN)}
    taken = []
    for kind in FILE_KINDS:
        folder = place.processing / kind
        for path in sorted(one for one in folder.rglob("*") if one.is_file() and not is_unfinished(one.name)):
            name = path.relative_to(folder).as_posix()
            if (kind, name) not in recorded:
                taken.append(_record(place, Found(kind, name, versions.get((kind, name), "")), path))
    return taken


def accept(place: Workplace, number: int) -> Arrival:
    """Take a refused file again, and let its batch pass. Raises `UsageError` if there is no such file."""
    arrival = place.ledger.get(number)
    if arrival is None or arrival.state != "refused":
        found = "no such arrival" if arrival is None else f"one that is {arrival.state}"
        raise UsageError(
            f"arrival {number} cannot be accepted",
            expected="the number of a refused file",
            found=found,
            remedy="`shortlist pipeline arrivals` lists them",
        )
    try:
        place.inbox.fetch(arrival.kept, place.path_of(arrival))
    except FileNotFoundError as error:
        raise UsageError(
            f"arrival {number} is gone",
            expected=f"the file {arrival.kept}",
            found="nothing",
            remedy=f"put it into incoming/{arrival.kind}/ again",
        ) from error
    place.inbox.remove(f"{arrival.kept}.why.txt")
    again = replace(arrival, state="taken", outcome=None, kept="", why=(), broken=None, accepted=True)
    return place.ledger.put(again)


def _record(place: Workplace, found: Found, path: Path) -> Arrival:
    sha256 = digest(path)
    stored = place.ledger.stored_before(found.kind, sha256)
    arrival = place.ledger.add(found.kind, found.name, found.version, sha256)
    if stored is None:
        return arrival
    why = (f"the same content as number {stored.number}, {stored.name}",)
    path.unlink()
    place.inbox.clear(found)
    return place.ledger.put(replace(arrival, state="duplicate", why=why))
