"""Print the result of an ingest, as text or JSON."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from shortlist.app.cli.terminal.failure_table import print_failures
from shortlist.app.cli.terminal.output import print_json, print_notes, say
from shortlist.core.json_documents import notes_document
from shortlist.ingest.load import IngestResult

SOME_FAILED = 1


def report(what: str, results: Mapping[str, IngestResult], as_json: bool) -> None:
    """Print the result for every source. Raises `typer.Exit` with code 1 if anything failed."""
    if as_json:
        print_json({source: _document(loaded) for source, loaded in results.items()})
    else:
        for source, loaded in results.items():
            _print(what, source, loaded)
    if any(loaded.failures for loaded in results.values()):
        raise typer.Exit(SOME_FAILED)


def _print(what: str, source: str, loaded: IngestResult) -> None:
    say(
        f"{what} from {source}: {loaded.new:,} new, {loaded.changed:,} changed, {loaded.unchanged:,} unchanged, "
        f"{len(loaded.failures):,} failed"
    )
    print_notes(loaded.notes)
    if loaded.fields:
        say(f"{len(loaded.fields):,} optional fields could not be read and were left out of their rows:")
        print_failures([(field.where, field.reason) for field in loaded.fields])
    print_failures([(failure.where, failure.reason) for failure in loaded.failures])


def _document(loaded: IngestResult) -> dict[str, object]:
    return {
        "new": loaded.new,
        "changed": loaded.changed,
        "unchanged": loaded.unchanged,
        "left_out": loaded.left_out,
        "failures": [{"where": failure.where, "reason": failure.reason} for failure in loaded.failures],
        "fields_left_out": [{"where": field.where, "reason": field.reason} for field in loaded.fields],
        "notes": notes_document(loaded.notes),
    }
