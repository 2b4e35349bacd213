"""`shortlist status`: what the home holds, and what is wrong with it."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import TYPE_CHECKING, Any

import typer

from app.cli.options import AsJson, ConfigFile, HomeDir, settings
from core.config import Config

if TYPE_CHECKING:
    from store.home import Home

SAMPLE = 10


def status(
    context: typer.Context,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """How many videos, articles, readers and events there are, and which models are at hand.

    Example: shortlist status --json
    """
    chosen = settings(context, home, config)
    from app.build import open_home
    from app.cli.output import print_json

    with open_home(chosen) as store:
        document = _document(store, chosen)
    if as_json:
        print_json(document)
        return
    _print(document)


def _document(store: Home, config: Config) -> dict[str, Any]:
    from models.weights import status as model_status
    from store.outbox import pending

    counts = store.catalogue.counts()
    failures = store.catalogue.failures()
    return {
        "home": str(store.path),
        "videos": counts.videos,
        "articles": counts.articles,
        "events": counts.events,
        "events_of_unknown_items": counts.events_unknown_item,
        "readers": {"count": counts.readers, "sample": list(islice(store.catalogue.reader_ids(), SAMPLE))},
        "enriched": counts.enriched,
        "steps": store.catalogue.step_counts(),
        "failures": [{"item": one.item, "step": one.step, "reason": one.reason} for one in failures],
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
        "home": f"{document['home']} at revision {document['revision']}, encoder {document['encoder']}",
        "videos": f"{document['videos']:,} ({document['enriched']:,} with a summary)",
        "articles": f"{document['articles']:,}",
        "readers": f"{readers['count']:,} ({', '.join(readers['sample'][:5])}{', …' if readers['count'] > 5 else ''})",
        "events": f"{document['events']:,} ({document['events_of_unknown_items']:,} of unknown items)",
        "not yet in Chroma": f"{document['pending']:,}",
        "failures": f"{len(document['failures']):,}",
        "models": ", ".join(f"{name} ({state})" for name, state in document["models"].items()),
    }
    for name, text in rows.items():
        typer.echo(f"{name:<18} {text}")
    for failure in document["failures"]:
        typer.echo(f"  {failure['item']}: {failure['step']}: {failure['reason']}")
