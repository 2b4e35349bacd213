"""`shortlist ops pipeline transcribe`: transcribe media files, if need be on another machine."""

from __future__ import annotations

from typing import Annotated

import typer

from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, settings
from shortlist.app.cli.terminal.output import say

SOME_FAILED = 1


def transcribe(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(help="Files below incoming/media [all].", metavar="NAME...")
    ] = None,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Transcribe the files in incoming/media. The next run stores the transcripts.

    It needs the inbox and the speech model, but no home: with pipeline.folder it may run on another machine. Set
    pipeline.transcribe = false where the runs are, so that they leave the files to it.

    Example: shortlist ops pipeline transcribe talks/monday.mp4
    """
    from dataclasses import asdict

    from shortlist.app.cli.terminal.output import print_json, print_remark
    from shortlist.app.pipeline import open_inbox, require_ops
    from shortlist.core.display import printable
    from shortlist.engine.build import transcriber_of

    require_ops()
    from shortlist.ops.transcribe import transcribe_waiting

    chosen = settings(context, home, config)
    done = []
    for one in transcribe_waiting(open_inbox(chosen), transcriber_of(chosen), chosen.media, names or ()):
        done.append(one)
        if not as_json:
            segments = "1 segment" if one.segments == 1 else f"{one.segments:,} segments"
            say(printable(f"{one.name}: {one.why or segments}"))
    if as_json:
        print_json([asdict(one) for one in done])
    for name in sorted(set(names or ()) - {one.name for one in done}):
        print_remark(f"{name} is not in incoming/media: it was transcribed before, or never arrived")
    if not done and not names and not as_json:
        say("no files")
    if any(one.why for one in done):
        raise typer.Exit(SOME_FAILED)
