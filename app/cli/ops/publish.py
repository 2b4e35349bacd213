"""`shortlist ops publish`: publish a snapshot of the home, for servers to follow."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.engine.build import encoder_of, open_home
from shortlist.ops.publish.manifest import Manifest
from shortlist.ops.publish.place import open_place
from shortlist.ops.publish.publish import publish as publish_home
from shortlist.ops.publish.publish import read_manifest, read_pointer
from shortlist.store.home_files import PUBLISHED


@command()
def publish(
    call: Call,
    to: Annotated[str | None, typer.Option("--to", help="A folder, or s3://BUCKET/PREFIX.", metavar="PLACE")] = None,
    list_only: Annotated[bool, typer.Option("--list", help="List the snapshots that are there, newest first.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read back what is there, and replace what is damaged.")
    ] = False,
    keep: Annotated[int | None, typer.Option("--keep", help="How many snapshots to keep.", min=1, metavar="N")] = None,
) -> None:
    """Publish the index, the models in use and the catalogue as a snapshot, which servers follow (store.snapshot).

    Only what changed is sent. Servers use the snapshot before until the new one is complete. A catalogue on PostgreSQL
    is not copied. The newest snapshots are kept (publish.keep).

    Example: shortlist ops publish --to s3://my-bucket/shortlist
    """
    chosen = call.settings(**({"publish": {"to": to}} if to else {}))
    place = open_place(chosen.publish.to or str(chosen.home / PUBLISHED), chosen.media)
    if list_only:
        pointer, _ = read_pointer(place)
        found = [(one.name, read_manifest(place, one)) for one in (pointer.snapshots if pointer else ())]
        call.show([_document(*one) for one in found], (_line(*one) for one in found))
        return
    with open_home(chosen) as store:
        made = publish_home(
            store, place, encoder_of(chosen), keep or chosen.publish.keep, chosen.retrieval.cowatch_top, verify=verify
        )
    sent = {"new": made.is_new, "sent_blocks": made.sent_blocks, "sent_bytes": made.sent_bytes, "kept": made.kept}
    number = made.manifest.number
    what = f"published snapshot {number}" if made.is_new else f"nothing is new since snapshot {number}"
    of = f"{made.sent_bytes / 1e6:,.1f} of {made.manifest.size / 1e6:,.1f} MB sent"
    line = f"{what} of revision {made.manifest.revision} to {place.address}: {of}, {made.kept} kept"
    call.show({**_document(made.name, made.manifest), **sent, "place": place.address}, [line])


def _line(name: str, manifest: Manifest) -> str:
    created, size = f"{manifest.created:%Y-%m-%d %H:%M:%S}", f"{manifest.size / 1e6:,.1f} MB"
    return f"{manifest.number:>8}  {created} UTC  revision {manifest.revision}  {size}  {name}"


def _document(name: str, manifest: Manifest) -> dict[str, Any]:
    return {
        "name": name,
        "number": manifest.number,
        "created": manifest.created.isoformat(),
        "revision": manifest.revision,
        "bytes": manifest.size,
        "files": len(manifest.files),
        "catalogue": any(not file.startswith(("indexes/", "trained/")) for file in manifest.files),
    }
