"""`shortlist status`: show the contents of the home and the failures of ingest."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import islice
from typing import Any

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.failure_table import print_failures
from shortlist.app.cli.terminal.output import print_json, say
from shortlist.core.config import Config
from shortlist.ingest.media.redact import redacted
from shortlist.models.weights.resolve import status as model_status
from shortlist.store.home import Home
from shortlist.store.outbox import pending

SAMPLE = 10
UNKNOWN_CAUSE = "unknown"  # recorded by a version without codes


@command()
def status(call: Call) -> None:
    """Show the number of videos, articles, readers and events, the failures, and the available models.

    Example: shortlist status --json
    """
    with call.open_home() as store:
        document = _document(store, call.config)
    if call.as_json:
        print_json(document)
        return
    _print(document)


def _document(store: Home, config: Config) -> dict[str, Any]:
    counts = store.catalogue.counts()
    failures = [
        {"item": redacted(one.item), "step": one.step, "cause": one.cause or UNKNOWN_CAUSE, "reason": one.reason}
        for one in store.catalogue.steps.failures()
    ]
    return {
        "home": str(store.path),
        "place": store.location,
        "videos": counts.videos,
        "articles": counts.articles,
        "events": counts.events,
        "events_of_unknown_items": counts.events_unknown_item,
        "readers": {"count": counts.readers, "sample": list(islice(store.catalogue.readers.ids(), SAMPLE))},
        "enriched": counts.enriched,
        "steps": store.catalogue.steps.counts(),
        "seconds_each": {step: round(each, 2) for step, each in store.catalogue.steps.mean_seconds().items()},
        "made_by": store.catalogue.videos.makers(),
        "failures": failures,
        "failures_by_cause": dict(Counter(one["cause"] for one in failures).most_common()),
        "models": {one.name: one.state for one in model_status(config.models)},
        "hashes": {
            "home": store.home_id,
            "data": hashlib.sha256(f"{store.home_id}:{store.catalogue.revision()}".encode()).hexdigest()[:16],
            "config": hashlib.sha256(config.model_dump_json(exclude={"home"}).encode()).hexdigest()[:16],
        },
        "revision": store.catalogue.revision(),
        "pending": pending(store),
        "encoder": store.encoder,
    }


def _print(document: dict[str, Any]) -> None:
    readers = document["readers"]
    rows = {
        "home": f"{document['place']} at revision {document['revision']}, encoder {document['encoder']}",
        "videos": f"{document['videos']:,} ({document['enriched']:,} with a summary)",
        "articles": f"{document['articles']:,}",
        "readers": f"{readers['count']:,} ({', '.join(readers['sample'][:5])}{', …' if readers['count'] > 5 else ''})",
        "events": f"{document['events']:,} ({document['events_of_unknown_items']:,} of unknown items)",
        "not yet in Chroma": f"{document['pending']:,}",
        "failures": f"{len(document['failures']):,}",
        "models": ", ".join(f"{name} ({state})" for name, state in document["models"].items()),
    }
    for name, text in {**rows, **_ingest_rows(document)}.items():
        say(f"{name:<18} {text}")
    failures = [(one["item"], f"{one['step']}: {one['reason']}") for one in document["failures"]]
    print_failures(failures, err=False)


def _ingest_rows(document: dict[str, Any]) -> dict[str, str]:
    """Format the outcome of every ingest step, and the makers of summaries, categories and tags."""
    rows = {}
    for step, counts in document["steps"].items():
        each = document["seconds_each"].get(step)
        ended = ", ".join(f"{number:,} {status}" for status, number in sorted(counts.items()))
        rows[f"step {step}"] = ended + (f" ({each:.1f} s each)" if each is not None else "")
    for part, makers in document["made_by"].items():
        rows[f"{part} by"] = ", ".join(f"{maker} {number:,}" for maker, number in sorted(makers.items()))
    by_cause = document["failures_by_cause"].items()
    if by_cause:
        rows["failures by cause"] = ", ".join(f"{cause} ({number:,})" for cause, number in by_cause)
    return rows
