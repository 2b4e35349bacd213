"""`shortlist models`: which weights there are, fetching them, checking them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, settings
from shortlist.app.cli.terminal.output import say
from shortlist.core.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    from shortlist.models.weights.resolve import ModelStatus

app = typer.Typer(no_args_is_help=True, help="List, fetch and check the weights of models.")

EVERY = "all"


@app.command("list")
def list_models(
    context: typer.Context, as_json: AsJson = False, home: HomeDir = None, config: ConfigFile = None
) -> None:
    """Every model Shortlist knows, and whether its weights are here.

    Example: shortlist models list
    """
    from shortlist.models.weights.resolve import status

    _show(status(settings(context, home, config).models), as_json)


@app.command()
def pull(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help=f"Names as listed, or {EVERY}.", metavar="NAME...")],
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Fetch weights: from the hub, else from a mirror; a pull that was cut off goes on where it stopped.

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
    """Hash every file again and compare it with the manifest. Exits with 3 when one is damaged.

    Example: shortlist models verify
    """
    from shortlist.app.cli.terminal.output import progress_bar
    from shortlist.models.weights.resolve import status
    from shortlist.models.weights.resolve import verify as hash_again

    chosen = settings(context, home, config).models
    total = sum(one.size for one in status(chosen))
    with progress_bar("hashing", total, quiet=as_json) as progress:
        found = hash_again(chosen, progress)
    _show(found, as_json)
    if any(one.state == "damaged" for one in found):
        raise typer.Exit(3)


def _pull(name: str, size: int | None, config: Config, quiet: bool) -> Path:
    from shortlist.app.cli.terminal.output import progress_bar
    from shortlist.models.encoders.loader import load_encoder
    from shortlist.models.weights.manifest import load_manifest
    from shortlist.models.weights.resolve import resolve

    with progress_bar(name, size, quiet=quiet) as progress:
        path = resolve(name, config.models, progress)
    model = load_manifest().get(name)
    if model is not None and model.role == "encoder":
        # Exports it once to ONNX, so that later commands start without torch.
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
