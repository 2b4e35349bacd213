"""`shortlist ops pipeline transcribe`: transcribe media files, if need be on another machine."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import print_json, print_remark, say
from shortlist.app.pipeline import open_inbox
from shortlist.core.display import printable
from shortlist.engine.build import transcriber_of
from shortlist.ops.transcribe import transcribe_waiting

SOME_FAILED = 1


@command()
def transcribe(
    call: Call,
    names: Annotated[
        list[str] | None, typer.Argument(help="Files below incoming/media [all].", metavar="NAME...")
    ] = None,
) -> None:
    """Transcribe the files in incoming/media. The next run stores the transcripts.

    It needs the inbox and the speech model, but no home: with pipeline.folder it may run on another machine. Set
    pipeline.transcribe = false where the runs are, so that they leave the files to it.

    Example: shortlist ops pipeline transcribe talks/monday.mp4
    """
    done = []
    for one in transcribe_waiting(open_inbox(call.config), transcriber_of(call.config), call.config.media, names or ()):
        done.append(one)
        if not call.as_json:
            segments = "1 segment" if one.segments == 1 else f"{one.segments:,} segments"
            say(printable(f"{one.name}: {one.why or segments}"))
    if call.as_json:
        print_json([asdict(one) for one in done])
    for name in sorted(set(names or ()) - {one.name for one in done}):
        print_remark(f"{name} is not in incoming/media: it was transcribed before, or never arrived")
    if not done and not names and not call.as_json:
        say("no files")
    if any(one.why for one in done):
        raise typer.Exit(SOME_FAILED)
