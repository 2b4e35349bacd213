"""`shortlist models`: list, download and verify weights; use one of the versions that were trained here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, settings
from shortlist.app.cli.terminal.output import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from shortlist.core.config import Config
    from shortlist.models.weights.resolve import ModelStatus
    from shortlist.retrieval.trained.promotions import Promotion

app = typer.Typer(no_args_is_help=True, help="List and download weights; use the models trained here.")

EVERY = "all"
OfStudent = Annotated[bool, typer.Option("--student", help="The students made by `shortlist distil` instead.")]


@app.command("list")
def list_models(
    context: typer.Context, as_json: AsJson = False, home: HomeDir = None, config: ConfigFile = None
) -> None:
    """List every model in the manifest and the state of its weights.

    Example: shortlist models list
    """
    from shortlist.models.weights.resolve import status

    _show(status(settings(context, home, config).models), as_json)


@app.command()
def pull(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help=f"Names from the list, or {EVERY}.", metavar="NAME...")],
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Download weights from the hub or a mirror. An interrupted download is resumed.

    Example: shortlist models pull all-MiniLM-L6-v2 qwen2.5-coder-1.5b
    """
    from shortlist.app.cli.terminal.output import print_json
    from shortlist.models.weights.manifest import load_manifest

    chosen = settings(context, home, config)
    known = load_manifest()
    pulled = {}
    for name in known if EVERY in names else names:
        pulled[name] = _pull(name, known[name].size if name in known else None, chosen, as_json)
        if not as_json:
            say(f"{name}: ready at {pulled[name]}")
    if as_json:
        print_json({"models": [{"name": name, "path": str(path)} for name, path in pulled.items()]})


@app.command()
def verify(context: typer.Context, as_json: AsJson = False, home: HomeDir = None, config: ConfigFile = None) -> None:
    """Hash every file again and compare it with the manifest. Exits with 3 if one is damaged.

    Example: shortlist models verify
    """
    from shortlist.app.cli.terminal.output import progress_bar
    from shortlist.models.weights.resolve import status
    from shortlist.models.weights.resolve import verify as verify_weights

    chosen = settings(context, home, config).models
    total = sum(one.size for one in status(chosen))
    with progress_bar("hashing", total, quiet=as_json) as progress:
        statuses = verify_weights(chosen, progress)
    _show(statuses, as_json)
    if any(status.state == "damaged" for status in statuses):
        raise typer.Exit(3)


@app.command()
def history(
    context: typer.Context,
    student: OfStudent = False,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """List the versions trained on this home, and which of them were in use since when.

    Example: shortlist models history
    """
    from shortlist.app.cli.terminal.output import print_json
    from shortlist.retrieval.trained import versions

    path = settings(context, home, config).home
    if student:
        _show_students(path, as_json)
        return
    receipts = {name: versions.read_receipt(path, name) for name in versions.versions(path)}
    trained = dict(sorted(receipts.items(), key=lambda one: one[1]["at"]))
    promoted = versions.history(path)
    if as_json:
        print_json(_history_document(trained, promoted))
        return
    for name, receipt in trained.items():
        data = receipt["data"]
        gate = receipt["gate"]["why"] if receipt["gate"] else "not compared"
        say(f"{receipt['at']}  {name}  {data['acts']:,} watches of {data['readers']:,} readers  {gate}")
    _show_promotions(promoted)


@app.command()
def promote(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="A name of `shortlist models history`, or none.", metavar="VERSION")],
    student: OfStudent = False,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Use a trained version from now on; none returns to the shipped weights. Running servers follow.

    Example: shortlist models promote logistic-3f2a91c04d7e
    """
    from shortlist.learning.student import versions as students
    from shortlist.retrieval.trained import versions

    path = settings(context, home, config).home
    (students if student else versions).promote(path, version, "by hand")
    _show_in_use(version, as_json)


@app.command()
def rollback(
    context: typer.Context,
    student: OfStudent = False,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Return to the version that was in use before.

    Example: shortlist models rollback
    """
    from shortlist.learning.student import versions as students
    from shortlist.retrieval.trained import versions

    _show_in_use((students if student else versions).rollback(settings(context, home, config).home), as_json)


def _show_students(home: Path, as_json: bool) -> None:
    from shortlist.app.cli.terminal.output import print_json
    from shortlist.learning.student import versions
    from shortlist.retrieval.trained import promotions

    made, promoted = versions.receipts(home), promotions.history(versions.registry(home))
    if as_json:
        print_json(_history_document(made, promoted))
        return
    for name, receipt in made.items():
        gate = receipt["gate"]["why"] if receipt["gate"] else "not compared"
        say(f"{receipt['at']}  {name}  {receipt['lists']['trained']:,} lists of {receipt['teacher']}  {gate}")
    _show_promotions(promoted)


def _history_document(made: Mapping[str, Any], promoted: Sequence[Promotion]) -> dict[str, Any]:
    from dataclasses import asdict

    return {"in_use": _in_use(promoted), "versions": made, "history": [asdict(one) for one in promoted]}


def _show_promotions(promoted: Sequence[Promotion]) -> None:
    if promoted:
        say("in use since:")
    for one in promoted:
        say(f"{one.at}  {one.version}  {one.why}")
    say(f"in use: {_in_use(promoted)}")


def _in_use(promoted: Sequence[Promotion]) -> str:
    from shortlist.retrieval.trained.promotions import NO_MODELS

    return promoted[-1].version if promoted else NO_MODELS


def _show_in_use(version: str, as_json: bool) -> None:
    from shortlist.app.cli.terminal.output import print_json

    if as_json:
        print_json({"in_use": version})
    else:
        say(f"in use: {version}")


def _pull(name: str, size: int | None, config: Config, quiet: bool) -> Path:
    from shortlist.app.cli.terminal.output import progress_bar
    from shortlist.models.encoders.loader import load_encoder
    from shortlist.models.weights.manifest import load_manifest
    from shortlist.models.weights.resolve import resolve

    with progress_bar(name, size, quiet=quiet) as progress:
        path = resolve(name, config.models, progress)
    model = load_manifest().get(name)
    if model is not None and model.role == "encoder":
        # Export it to ONNX now, so that later commands start without torch.
        load_encoder(config.encoder.model_copy(update={"name": name}), config.models)
    return path


def _show(found: list[ModelStatus], as_json: bool) -> None:
    from shortlist.app.cli.terminal.output import print_json

    if as_json:
        rows = [
            {"name": one.name, "role": one.role, "state": one.state, "size": one.size, "licence": one.licence}
            for one in found
        ]
        print_json({"models": rows})
        return
    for one in found:
        where = f"{one.path or ''}{one.detail}"
        say(f"{one.name:<20} {one.role:<8} {one.size / 1e6:>7,.0f} MB  {one.state:<8} {one.licence:<12} {where}")
