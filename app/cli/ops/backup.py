"""`shortlist ops backup` and `shortlist ops restore`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import print_remark
from shortlist.engine.backup import back_up_now
from shortlist.retrieval.trained.versions import FOLDER as TRAINED
from shortlist.store.backups.backup import Backup, backup_folder, find_backup, list_backups
from shortlist.store.backups.restore import restore as put_back

SOME_DAMAGED = 1


@command()
def backup(
    call: Call, list_only: Annotated[bool, typer.Option("--list", help="List the backups, newest first.")] = False
) -> None:
    """Copy the catalogue and the caches of the home into a new, verified backup. Other commands may run meanwhile.

    The newest backups are kept (backup.keep). Chroma and the indexes are rebuilt from them. Trained models are not
    copied, nor is a catalogue on PostgreSQL: use pg_dump. The exit code is 1 if the catalogue has damaged records.

    Example: shortlist ops backup
    """
    if list_only:
        found = list_backups(backup_folder(call.config.home, call.config.backup.folder))
        lines = (
            f"{one.path.name}  {_size(one)}  revision {one.manifest.meta.get('revision', 'on a server')}"
            for one in found
        )
        call.show([_document(one) for one in found], lines)
        return
    with call.open_home(any_encoder=True) as store:
        made, damaged = back_up_now(store, call.config.backup)
    document = {**_document(made), "left_out": list(made.left_out), "damaged": damaged}
    call.show(document, [f"backed up to {made.path} ({_size(made)})"])
    if call.config.store.catalogue is not None:
        print_remark("the catalogue is on PostgreSQL and not in this backup: back it up with pg_dump")
    if (call.config.home / TRAINED).exists():
        print_remark("trained models are not in this backup: `shortlist train all` makes them again")
    for name in made.left_out:
        print_remark(f"{name} is damaged and not in this backup: run `shortlist doctor rebuild`")
    for problem in damaged:
        print_remark(f"damaged: {problem}; older backups are kept")
    if damaged:
        raise typer.Exit(SOME_DAMAGED)


@command()
def restore(
    call: Call,
    name: Annotated[str | None, typer.Argument(help="A name that `ops backup --list` shows; else the newest.")] = None,
) -> None:
    """Put back a backup, also if the catalogue cannot be opened. Stop servers first.

    The backup is verified before anything changes. The files it replaces are kept in the home's folder.

    Example: shortlist ops restore
    """
    found = find_backup(backup_folder(call.config.home, call.config.backup.folder), name)
    replaced = put_back(call.config.home, found)
    lines = (
        f"restored {found.path.name}, created {found.manifest.created:%Y-%m-%d %H:%M} UTC",
        f"the files it replaced are in {replaced}: delete them when you no longer need them",
    )
    call.show({**_document(found), "replaced": str(replaced)}, lines)


def _document(one: Backup) -> dict[str, Any]:
    return {
        "name": one.path.name,
        "path": str(one.path),
        "created": one.manifest.created.isoformat(),
        "revision": int(one.manifest.meta["revision"]) if "revision" in one.manifest.meta else None,
        "bytes": one.size,
        "files": list(one.manifest.files),
    }


def _size(one: Backup) -> str:
    return f"{one.size / 1e6:,.1f} MB"
