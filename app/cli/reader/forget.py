"""`shortlist reader forget` and `shortlist reader export`: erase what is stored of a person or an item, or print it."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import print_json, print_remark, say
from shortlist.app.privacy.copies import TREATMENTS
from shortlist.app.privacy.export_reader import export_reader as export
from shortlist.app.privacy.forget import Forgotten
from shortlist.app.privacy.forget import forget as forget_subjects
from shortlist.app.privacy.receipt import Document, verify_receipt
from shortlist.core.errors import UsageError
from shortlist.store.catalogue.erasure.subject import READER, Subject

NOT_PROVED = 1


@command()
def forget(
    call: Call,
    readers: Annotated[
        list[str] | None, typer.Argument(help="Ids of readers. Without one, complete an interrupted run.")
    ] = None,
    videos: Annotated[
        list[str] | None, typer.Option("--video", help="Id of a video. May be repeated.", metavar="ID")
    ] = None,
    articles: Annotated[
        list[str] | None, typer.Option("--article", help="Id of an article. May be repeated.", metavar="ID")
    ] = None,
    backups: Annotated[
        str, typer.Option("--backups", help="Backups that hold them: keep, rewrite or delete.")
    ] = "keep",
    prove: Annotated[
        bool, typer.Option("--prove", help="Search all files, and compare counts and index with a rebuild.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    verify: Annotated[
        Path | None, typer.Option("--verify", help="Check the signature of a receipt of this home.", metavar="FILE")
    ] = None,
) -> None:
    """Erase readers, videos or articles for good: from events, lists, chats, caches, counts, the index. A signed
    receipt says what was done.

    The SQLite files are rewritten, which takes as long as a copy of them. Trained models cannot forget: the receipt
    names the version to train again. Kept backups still hold what is forgotten, and the receipt lists them. The exit
    code is 1 if a proof fails. A proof may be repeated at any time, also after everything is forgotten.

    Example: shortlist reader forget user_123 --prove --backups rewrite
    """
    if verify is not None:
        _verify(call.config.home, verify, call.as_json)
        return
    treatment = next((one for one in TREATMENTS if one == backups), None)
    if treatment is None:
        expected = f"one of {', '.join(TREATMENTS)}"
        raise UsageError("unknown treatment", expected=expected, found=repr(backups), remedy="correct --backups")
    subjects = [
        *(Subject("reader", one) for one in readers or ()),
        *(Subject("video", one) for one in videos or ()),
        *(Subject("article", one) for one in articles or ()),
    ]
    with call.open_home(any_encoder=True) as store:
        if subjects and not yes:
            _ask(list(map(str, subjects)))
        done = forget_subjects(store, call.config, subjects, treatment, prove=prove)
    if call.as_json:
        print_json({**done.receipt, "file": str(done.path)})
    else:
        _show(done)
    if not done.proved:
        raise typer.Exit(NOT_PROVED)


@command(json=False)
def export_reader(
    call: Call, reader: Annotated[str, typer.Argument(help="The reader's id.", metavar="READER")]
) -> None:
    """Print everything that is stored of a reader as one JSON document.

    Example: shortlist reader export user_123
    """
    with call.open_home(any_encoder=True) as store:
        print_json(export(store, call.config, reader))


def _ask(subjects: list[str]) -> None:
    names = ", ".join(subjects[:5]) + (f" and {len(subjects) - 5} more" if len(subjects) > 5 else "")
    if not sys.stdin.isatty():
        raise UsageError("nobody to ask", expected="--yes", found="no terminal", remedy=f"add --yes to forget {names}")
    say(f"This erases {names}. It cannot be undone.", err=True)
    typer.confirm("Go on?", abort=True, err=True)


def _verify(home: Path, file: Path, as_json: bool) -> None:
    receipt = verify_receipt(home, file)
    if as_json:
        print_json({"genuine": True, "receipt": receipt})
    else:
        say(f"genuine: written by this home on {receipt['forgotten'] or receipt['proved']} for: {_contents(receipt)}")


def _contents(receipt: Document) -> str:
    parts = ("readers", "items", "absent")
    kinds = Counter(one.get("kind", READER) for part in parts for one in receipt.get(part, ()))
    return ", ".join(f"{kind}s {number:,}" for kind, number in kinds.items() if number)


def _show(done: Forgotten) -> None:
    receipt = done.receipt
    if receipt["absent"]:
        number = len(receipt["absent"])
        say(f"not stored, so nothing of {'it' if number == 1 else f'these {number}'} was erased: only the proof is new")
    for one in (*receipt["readers"], *receipt["items"]):
        rows = [f"{table} {number:,}" for table, number in one["erased"].items() if number]
        say(f"erased rows of the {one['kind']}: {', '.join(rows) or 'none, only copies were left'}")
    if receipt["forgotten"] is not None:
        say(f"deleted {receipt['caches']['answers']:,} cached answers, {receipt['caches']['embeddings']:,} embeddings")
        _show_rest(receipt)
    if receipt["proof"] is not None:
        _show_proof(receipt["proof"])
    say(f"receipt: {done.path}")


def _show_rest(receipt: Document) -> None:
    backups, models = receipt["backups"], receipt["models"]
    _show_files(receipt)
    for verb in ("rewritten", "deleted"):
        if backups[verb]:
            say(f"backups {verb}: {', '.join(backups[verb])}")
    if backups["hold"]:
        print_remark(f"still in the backups {', '.join(backups['hold'])}; see --backups rewrite or delete")
    if models["deleted"]:
        say(f"deleted the trained versions {', '.join(models['deleted'])}")
    for version in models["hold_traces"]:
        print_remark(f"{version}, which is in use, was trained on them: run `{models['retrain']}`")
    for place in receipt["outside"]:
        print_remark(f"not covered: {place}")


def _show_files(receipt: Document) -> None:
    arrivals = receipt["arrivals"]
    if arrivals["rewritten"] or arrivals["deleted"]:
        say(f"files of the pipeline: {arrivals['rewritten']:,} rewritten, {arrivals['deleted']:,} deleted")
    for name in arrivals["unsearched"]:
        print_remark(f"{name} cannot be read, so it was not searched: look into it, or delete it")
    if receipt["downloads"]:
        say(f"deleted {receipt['downloads']:,} downloaded media files")
    if receipt["chroma_emptied"]:
        say("emptied Chroma, which the next ingest or `shortlist doctor rebuild` fills again")


def _show_proof(proof: Document) -> None:
    for one in proof["compared"]:
        say(f"{'equal' if one['equal'] else 'NOT EQUAL'} to a rebuild: {one['of']}")
    searched = proof["searched"]
    say(f"searched {searched['files']:,} files for {searched['ids']} ids and {searched['texts']:,} texts")
    for place in proof["traces"]:
        say(f"FOUND in {place}")
    for what in proof["not_searched"]:
        print_remark(f"not searched: {what}")
    say("proved" if proof["holds"] else "not proved")
