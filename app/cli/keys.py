"""`shortlist keys`: who may use the served API."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, open_or_create, settings
from shortlist.app.cli.terminal.output import say
from shortlist.core.errors import UsageError

app = typer.Typer(no_args_is_help=True, help="Keys of the served API: make, list, revoke.")


@app.command()
def create(
    context: typer.Context,
    scope: Annotated[
        str | None, typer.Option("--scope", help="read (default), write, operate or reader:ID.", metavar="SCOPE")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Short for --scope write.")] = False,
    label: Annotated[str, typer.Option("--label", help="What it is for.")] = "",
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Make a key. It is shown once and only its hash is kept.

    read: videos, all readers, metrics. write: also events and videos. operate: metrics only. reader:ID: videos, and the
    data and events of that one reader.

    Example: shortlist keys create --scope reader:user_123 --label "her phone"
    """
    from shortlist.app.cli.terminal.output import print_json, print_remark

    if write and scope not in {None, "write"}:
        raise UsageError(
            "two scopes", expected="--write or --scope", found=f"--write and --scope {scope}", remedy="give one of them"
        )
    with open_or_create(settings(context, home, config)) as store:
        key, secret = store.catalogue.keys.create(scope or ("write" if write else "read"), label)
    if as_json:
        print_json({**_document(key), "key": secret})
        return
    say(secret)
    print_remark(
        f"key {key.id} has the scope {key.scope}; send it as `Authorization: Bearer KEY`, it is not shown again"
    )


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False, home: HomeDir = None, config: ConfigFile = None) -> None:
    """All keys, without their secrets.

    Example: shortlist keys list
    """
    from shortlist.app.build import open_home
    from shortlist.app.cli.terminal.output import print_json

    with open_home(settings(context, home, config)) as store:
        known = [_document(key) for key in store.catalogue.keys.all()]
        closed = store.catalogue.keys.ever_existed()
    if as_json:
        print_json({"keys": known})
        return
    for key in known:
        say(f"{key['id']}  {key['scope']:<7}  {key['created']}  {key['label']}")
    if not known:
        say("no keys: servers answer nobody" if closed else "no keys: a server answers this machine only")


@app.command()
def revoke(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(help="As `shortlist keys list` shows it.", metavar="ID")],
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Make a key worthless, also for servers that run.

    Example: shortlist keys revoke 1a2b3c4d
    """
    from shortlist.app.build import open_home
    from shortlist.app.cli.terminal.output import print_json

    with open_home(settings(context, home, config)) as store:
        if not store.catalogue.keys.revoke(key_id):
            raise UsageError(
                "unknown key", expected="the id of a key", found=repr(key_id), remedy="see `shortlist keys list`"
            )
    if as_json:
        print_json({"revoked": key_id})
        return
    say(f"revoked {key_id}")


def _document(key: Any) -> dict[str, Any]:
    created = None if key.created is None else key.created.isoformat(timespec="seconds")
    return {"id": key.id, "scope": key.scope, "label": key.label, "created": created}
