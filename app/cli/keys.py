"""`shortlist keys`: create, list and revoke the keys of the HTTP API."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shortlist.app.cli.frame import Call, command, open_or_create
from shortlist.app.cli.terminal.output import print_json, print_remark, say
from shortlist.core.errors import UsageError


@command()
def create(
    call: Call,
    scope: Annotated[
        str | None, typer.Option("--scope", help="read (default), write, operate or reader:ID.", metavar="SCOPE")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Short for --scope write.")] = False,
    label: Annotated[str, typer.Option("--label", help="A note on its use.")] = "",
) -> None:
    """Create a key. It is shown once; only its hash is stored.

    read: videos, all readers, metrics. write: also store events and videos. operate: metrics, and
    erasing readers. reader:ID: videos, and the data and events of that reader.

    Example: shortlist keys create --scope reader:user_123 --label "her phone"
    """
    if write and scope not in {None, "write"}:
        raise UsageError(
            "two scopes", expected="--write or --scope", found=f"--write and --scope {scope}", remedy="give one of them"
        )
    with open_or_create(call.config) as store:
        key, secret = store.catalogue.keys.create(scope or ("write" if write else "read"), label)
    if call.as_json:
        print_json({**_document(key), "key": secret})
        return
    say(secret)
    print_remark(
        f"key {key.id} has the scope {key.scope}; send it as `Authorization: Bearer KEY`, it is not shown again"
    )


@command()
def list_(call: Call) -> None:
    """List all keys, without their secrets.

    Example: shortlist keys list
    """
    with call.open_home() as store:
        keys = [_document(key) for key in store.catalogue.keys.all()]
        closed = store.catalogue.keys.ever_existed()
    none = "no keys: servers refuse every request" if closed else "no keys: servers accept this machine only"
    lines = [f"{key['id']}  {key['scope']:<7}  {key['created']}  {key['label']}" for key in keys]
    call.show({"keys": keys}, lines or [none])


@command()
def revoke(
    call: Call, key_id: Annotated[str, typer.Argument(help="An id that `shortlist keys list` shows.", metavar="ID")]
) -> None:
    """Revoke a key at once, also for running servers.

    Example: shortlist keys revoke 1a2b3c4d
    """
    with call.open_home() as store:
        if not store.catalogue.keys.revoke(key_id):
            raise UsageError(
                "unknown key", expected="the id of a key", found=repr(key_id), remedy="see `shortlist keys list`"
            )
    call.show({"revoked": key_id}, [f"revoked {key_id}"])


def _document(key: Any) -> dict[str, Any]:
    created = None if key.created is None else key.created.isoformat(timespec="seconds")
    return {"id": key.id, "scope": key.scope, "label": key.label, "created": created}
