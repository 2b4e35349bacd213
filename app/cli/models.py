"""`shortlist models`: list, download and verify weights; use one of the versions that were trained here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import print_json, progress_bar, say
from shortlist.app.mlflow_runs import write_runs
from shortlist.core.config import Config
from shortlist.learning.student import versions as students
from shortlist.models.encoders.loader import load_encoder
from shortlist.models.weights.manifest import load_manifest
from shortlist.models.weights.resolve import ModelStatus, resolve, status
from shortlist.models.weights.resolve import verify as verify_weights
from shortlist.retrieval.trained import versions
from shortlist.store.registry.folder_registry import FolderRegistry

EVERY = "all"
Named = Annotated[str, typer.Argument(help="A name of `shortlist models history`.", metavar="VERSION")]
OfStudent = Annotated[bool, typer.Option("--student", help="The students made by `shortlist train student` instead.")]


@command()
def list_models(call: Call) -> None:
    """List every model in the manifest and the state of its weights.

    Example: shortlist models list
    """
    _show(call, status(call.config.models))


@command()
def pull(
    call: Call, names: Annotated[list[str], typer.Argument(help=f"Names from the list, or {EVERY}.", metavar="NAME...")]
) -> None:
    """Download weights from the hub or a mirror. An interrupted download is resumed.

    Example: shortlist models pull all-MiniLM-L6-v2 qwen2.5-coder-1.5b
    """
    known = load_manifest()
    pulled = {}
    for name in known if EVERY in names else names:
        pulled[name] = _pull(name, known[name].size if name in known else None, call.config, call.as_json)
        if not call.as_json:
            say(f"{name}: ready at {pulled[name]}")
    if call.as_json:
        print_json({"models": [{"name": name, "path": str(path)} for name, path in pulled.items()]})


@command()
def verify(call: Call) -> None:
    """Hash every file again and compare it with the manifest. Exits with 3 if one is damaged.

    Example: shortlist models verify
    """
    chosen = call.config.models
    total = sum(one.size for one in status(chosen))
    with progress_bar("hashing", total, quiet=call.as_json) as progress:
        statuses = verify_weights(chosen, progress)
    _show(call, statuses)
    if any(status.state == "damaged" for status in statuses):
        raise typer.Exit(3)


@command()
def history(call: Call, student: OfStudent = False) -> None:
    """List the versions trained on this home with their states, and what was decided about them, when and why.

    A version is a candidate, then approved by the gate or by you, then the champion, which is in use, then retired.

    Example: shortlist models history
    """
    found = _registry(call.config.home, student)
    versions, decided, champion = found.versions(), found.history(), found.champion()
    if call.as_json:
        made = {one.name: {"state": one.state, **one.receipt} for one in versions}
        print_json({"in_use": champion, "versions": made, "history": [asdict(one) for one in decided]})
        return
    for one in versions:
        receipt = one.receipt
        gate = receipt["gate"]["why"] if receipt["gate"] else "not compared"
        say(f"{receipt['at']}  {one.name}  {one.state:9}  {_made_of(receipt, student)}  {gate}")
    if decided:
        say("decisions:")
    for decision in decided:
        say(f"{decision.at}  {decision.version}  {decision.state:9}  {decision.why}")
    say(f"in use: {champion}")


@command()
def approve(call: Call, version: Named, student: OfStudent = False) -> None:
    """Approve a version, so that the next run of the pipeline promotes it. With pipeline.approval = "hand", you decide.

    Example: shortlist models approve logistic-3f2a91c04d7e
    """
    found = _registry(call.config.home, student)
    found.approve(version, "by hand")
    state = "champion" if version == found.champion() else "approved"
    call.show({"version": version, "state": state}, [f"{version}: {state}"])


@command()
def retire(call: Call, version: Named, student: OfStudent = False) -> None:
    """Take back the approval of a version that is not in use.

    Example: shortlist models retire logistic-3f2a91c04d7e
    """
    _registry(call.config.home, student).retire(version, "by hand")
    call.show({"version": version, "state": "retired"}, [f"{version}: retired"])


@command()
def promote(
    call: Call,
    version: Annotated[
        str | None, typer.Argument(help="A name of `shortlist models history`, or none.", metavar="VERSION")
    ] = None,
    student: OfStudent = False,
) -> None:
    """Use a version from now on; none returns to the shipped weights. Running servers follow.

    Without VERSION, the newest approved one is used. If there is none, nothing changes.

    Example: shortlist models promote logistic-3f2a91c04d7e
    """
    path = call.config.home
    chosen = version or _registry(path, student).waiting()
    if chosen is not None:
        (students if student else versions).promote(path, chosen, "by hand" if version else "approved")
    champion = _registry(path, student).champion()
    call.show({"in_use": champion}, [f"in use: {champion}"])


@command()
def rollback(call: Call, student: OfStudent = False) -> None:
    """Return to the version that was in use before.

    Example: shortlist models rollback
    """
    champion = (students if student else versions).rollback(call.config.home)
    call.show({"in_use": champion}, [f"in use: {champion}"])


@command()
def mlflow(
    call: Call,
    uri: Annotated[str, typer.Argument(help="A tracking store: sqlite:///FILE or http://HOST:5000.", metavar="URI")],
) -> None:
    """Write each version as a run of MLflow, with its receipt and state (extra mlflow). Known runs get the new state.

    Example: shortlist models mlflow sqlite:///mlflow.db
    """
    new = write_runs(call.config.home, uri)
    call.show({"new": new}, [f"new runs: {', '.join(new) or 'none'}"])


def _registry(home: Path, student: bool) -> FolderRegistry:
    return students.registry(home) if student else versions.registry(home)


def _made_of(receipt: Mapping[str, Any], student: bool) -> str:
    if student:
        return f"{receipt['lists']['trained']:,} lists of {receipt['teacher']}"
    return f"{receipt['data']['acts']:,} watches of {receipt['data']['readers']:,} readers"


def _pull(name: str, size: int | None, config: Config, quiet: bool) -> Path:
    with progress_bar(name, size, quiet=quiet) as progress:
        path = resolve(name, config.models, progress)
    model = load_manifest().get(name)
    if model is not None and model.role == "encoder":
        # Export it to ONNX now, so that later commands start without torch.
        load_encoder(config.encoder.model_copy(update={"name": name}), config.models)
    return path


def _show(call: Call, found: list[ModelStatus]) -> None:
    names = ("name", "role", "state", "size", "licence")
    lines = (
        f"{one.name:<20} {one.role:<8} {one.size / 1e6:>7,.0f} MB  {one.state:<8} {one.licence:<12} "
        f"{one.path or ''}{one.detail}"
        for one in found
    )
    call.show({"models": [{name: getattr(one, name) for name in names} for one in found]}, lines)
