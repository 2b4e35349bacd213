"""`shortlist ops features`: build the feature store, and read values at any moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import print_remark, say
from shortlist.core.errors import RecordError, UsageError
from shortlist.ingest.records.values import moment
from shortlist.ops.features.answers import join_features, shown
from shortlist.ops.features.build import build as build_features
from shortlist.ops.features.feature_store import FeatureStore
from shortlist.ops.features.open_store import open_store
from shortlist.ops.features.points import document, read_points, write_values
from shortlist.ops.features.views import VIEWS, View
from shortlist.store.home import Home

Name = Annotated[str, typer.Argument(help="A view of `shortlist ops features list`.", metavar="VIEW")]
Keys = Annotated[
    list[str] | None, typer.Argument(help="The entity: a reader, a video, or a reader and a video.", metavar="KEY...")
]


@command()
def list_views(call: Call) -> None:
    """List the views with their features, the version of each definition, and the days that are built.

    Example: shortlist ops features list
    """
    with _open(call) as (_, features):
        progress = features.progress()
        until = progress.moment if progress else None
        days = {name: features.days(view) if progress else [] for name, view in VIEWS.items()}
    views = [
        {
            "name": view.name, "entity": view.entity, "keys": view.keys, "version": view.version,
            "description": view.description, "features": list(view.features), "days": len(days[view.name]),
        }
        for view in VIEWS.values()
    ]  # fmt: skip
    lines = (
        f"{view.name} ({', '.join(view.keys)})  version {view.version}, {len(days[view.name])} days\n"
        f"  {view.description}\n  {', '.join(view.features)}"
        for view in VIEWS.values()
    )
    built = (
        f"built until {until:%Y-%m-%d %H:%M:%S} UTC" if until else "not built yet: run `shortlist ops features build`"
    )
    call.show({"built_until": until.isoformat() if until else None, "views": views}, [*lines, built])


@command()
def show(call: Call, view: Name, keys: Keys = None) -> None:
    """Print the newest values of an entity, from the online store.

    Example: shortlist ops features show reader user_123
    """
    chosen = _view(view)
    asked = _entity(chosen, keys or [])
    with _open(call) as (store, features):
        _require_known(store, asked)
        found = features.latest(chosen, asked, datetime.now(UTC))
    _show(call, found)


@command()
def as_of(
    call: Call,
    view: Name,
    keys: Keys = None,
    at: Annotated[
        str | None, typer.Option("--at", help="A time; that of the last build if unset.", metavar="TIME")
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option("--points", help="A CSV or Parquet file of keys and times (at) instead.", metavar="FILE"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the values to this CSV or Parquet file.", metavar="FILE")
    ] = None,
) -> None:
    """Print the values as they were known at a moment, or join them to a file of moments (a point-in-time join).

    Example: shortlist ops features as-of reader user_123 --at 2026-11-20T12:00:00Z
    """
    chosen = _view(view)
    if points is not None and (keys or at):
        raise UsageError("two questions", expected="KEY and --at, or --points", found="both", remedy="leave one out")
    with _open(call) as (store, features):
        if points is not None:
            asked = read_points(points, chosen)
        else:
            progress = features.progress()
            newest = progress.moment if progress else datetime.now(UTC)
            asked = _entity(chosen, keys or []).with_columns(at=_moment(at) if at else newest)
            _require_known(store, asked)
        found = features.as_of(chosen, asked)
    if out is not None:
        write_values(found, out)
        say(f"{len(found):,} rows written to {out}")
    else:
        _show(call, found)


@command(json=False)
def answers(
    call: Call, out: Annotated[Path, typer.Option("--out", help="The CSV or Parquet file to write.", metavar="FILE")]
) -> None:
    """Write what readers were shown, the values that were known then, and what they chose: a table to train on.

    Answers after the last build are left out.

    Example: shortlist ops features answers --out answers.parquet
    """
    with _open(call) as (store, features):
        progress = features.progress()
        rows = join_features(features, shown(store.catalogue, progress.moment if progress else datetime.now(UTC)))
    write_values(rows, out)
    say(f"{len(rows):,} videos of {rows['request_id'].n_unique():,} answers written to {out}")


@command()
def build(call: Call) -> None:
    """Compute what is new: files of the days that changed, and the online values (Feast calls it materialize).

    Example: shortlist ops features build
    """
    with call.open_home(any_encoder=True) as store:
        built = build_features(store, call.config, open_store(store, call.config))
    days = f"{'all days' if built.whole else 'the newest days'} from {built.events:,} events"
    call.show(asdict(built), [days, *(f"  {name:16} {rows:>12,} rows" for name, rows in built.rows.items())])
    if built.too_late and not call.as_json:
        print_remark(
            f"stored too late to count in any window: {built.too_late:,} events; for a log of the past, set "
            "features.clock to event, and they count when they happened"
        )


@contextmanager
def _open(call: Call) -> Iterator[tuple[Home, FeatureStore]]:
    with call.open_home(any_encoder=True) as store:
        yield store, open_store(store, call.config)


def _view(name: str) -> View:
    if name not in VIEWS:
        raise UsageError("unknown view", expected=f"one of {', '.join(VIEWS)}", found=repr(name), remedy="correct it")
    return VIEWS[name]


def _entity(view: View, keys: list[str]) -> pl.DataFrame:
    if len(keys) != len(view.entity):
        remedy = f"shortlist ops features show {view.name} {' '.join(name.upper() for name in view.entity)}"
        expected = " and ".join(view.entity)
        raise UsageError("cannot find the entity", expected=expected, found=f"{len(keys)} keys", remedy=remedy)
    return pl.DataFrame([keys], list(view.entity), orient="row")


def _require_known(store: Home, asked: pl.DataFrame) -> None:
    """Raise `UnknownReader` or `UnknownItem` for a mistyped id, which would look like one without events."""
    if "user_id" in asked.columns:
        store.catalogue.readers.get(asked["user_id"][0])
    if "item_id" in asked.columns:
        store.catalogue.videos.get(asked["item_id"][0])


def _moment(text: str) -> datetime:
    found = moment(text, "--at")
    if found is None:
        raise RecordError("no time", expected="a time as 2026-11-20T12:00:00Z", found=repr(text), remedy="correct --at")
    return found


def _show(call: Call, found: pl.DataFrame) -> None:
    rows = document(found)
    lines = (line for row in rows for line in _lines(row))
    call.show(rows, lines if rows else ["no events in its windows"])


def _lines(row: Mapping[str, Any]) -> Iterator[str]:
    yield "  ".join(f"{name}={value}" for name, value in row.items() if isinstance(value, str))
    for name, value in row.items():
        if not isinstance(value, str):
            yield f"  {name:18} {'-' if value is None else f'{value:,.6g}'}"
