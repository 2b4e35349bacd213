"""`shortlist ops pipeline run`, `watch`, `history`, `show` and `sagemaker`: the steps, and what became of them."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import asdict
from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command, open_or_create
from shortlist.app.cli.terminal.output import print_json, say
from shortlist.app.pipeline import execute_with, open_workplace
from shortlist.core.config import Config
from shortlist.ops.pipeline.draw import mermaid
from shortlist.ops.pipeline.history import Execution, History, Run
from shortlist.ops.pipeline.runner import run_pipeline
from shortlist.ops.pipeline.sagemaker import definition
from shortlist.ops.pipeline.steps import STEPS
from shortlist.ops.pipeline.triggers import Debounce, reason_now

FAILED = 1
Limit = Annotated[int, typer.Option("--limit", help="At most this many, the newest.", min=1, metavar="N")]


@command()
def run(
    call: Call,
    reason: Annotated[str, typer.Option("--reason", help="Why it runs, for the history.")] = "by hand",
    train: Annotated[bool, typer.Option("--train", help="Train even if there are few new events.")] = False,
) -> None:
    """Run every step that has something to do: take files, check and store them, train. A killed run is resumed.

    Exits with 1 if a step failed, or if a file failed or was refused; the other files are stored.

    Example: shortlist ops pipeline run --reason cron
    """
    done = _run(call.config, reason, ("train",) if train else (), quiet=call.as_json)
    if call.as_json:
        print_json(document(done))
    if done.state in ("failed", "incomplete"):
        raise typer.Exit(FAILED)


@command(json=False)
def watch(call: Call, once: Annotated[bool, typer.Option("--once", help="End after the first run.")] = False) -> None:
    """Run the pipeline whenever files arrive or there are many new events, until Ctrl-C.

    Files that arrive in pieces make one run. After a failed run it waits for a minute, then two, up to an hour.

    Example: shortlist ops pipeline watch
    """
    timing = call.config.pipeline
    debounce = Debounce(timing.quiet_s, timing.longest_wait_s)
    say(f"watching {timing.folder or call.config.home}/incoming", err=True)
    while True:
        with (
            open_or_create(call.config) as store,
            open_workplace(store, call.config) as place,
            closing(History(store.path)) as history,
        ):
            reason = reason_now(place, history)
        if debounce.passes(reason, time.monotonic()):
            done = _run(call.config, reason or "", (), quiet=False)
            debounce.ended(failed=done.state == "failed", now=time.monotonic())
            if once:
                return
        time.sleep(timing.poll_s)


@command()
def history(call: Call, limit: Limit = 10) -> None:
    """List the runs: why, when, how long, at what cost, and what each step did.

    Example: shortlist ops pipeline history --limit 3
    """
    found = _newest(call, limit)
    lines = (line for one in found for line in (_line(one), *map(_step_line, one.steps)))
    call.show([document(one) for one in found], lines if found else ["no runs yet"])


@command()
def show(call: Call) -> None:
    """Draw the steps as a Mermaid flowchart, with the state of the last run.

    Example: shortlist ops pipeline show
    """
    newest = _newest(call, 1)
    last = newest[0] if newest else None
    steps = [
        {"name": step.name, "command": ["shortlist", *step.command], "inputs": step.inputs, "outputs": step.outputs}
        for step in STEPS
    ]
    call.show({"steps": steps, "last": document(last) if last else None}, [mermaid(STEPS, last).rstrip()])


def sagemaker() -> None:
    """Print the steps as a definition of an Amazon SageMaker pipeline, in JSON.

    Example: shortlist ops pipeline sagemaker > pipeline.json
    """
    print_json(definition(STEPS))


def _run(config: Config, reason: str, forced: tuple[str, ...], quiet: bool) -> Run:
    with (
        open_or_create(config) as store,
        open_workplace(store, config) as place,
        closing(History(store.path)) as history,
    ):
        after = None if quiet else lambda step: say(_step_line(step))
        return run_pipeline(place, history, execute_with(config), reason, forced=forced, after=after)


def _newest(call: Call, limit: int) -> list[Run]:
    with call.open_home() as store, closing(History(store.path)) as history:
        return history.newest(limit)


def _line(one: Run) -> str:
    taken = f", {(one.ended - one.began).total_seconds():.1f} s" if one.ended else ""
    return f"{one.number}  {one.began:%Y-%m-%d %H:%M:%S}  {one.state}{taken}  ({one.reason})"


def _step_line(step: Execution) -> str:
    cost = f"{step.seconds:6.1f} s {step.cpu_seconds:7.1f} CPU s {step.peak_mb:6.0f} MB" if step.seconds else " " * 32
    return f"  {step.step:10} {step.state:8} {cost}  {step.message}".rstrip()


def document(one: Run) -> dict[str, object]:
    """Return a run as JSON."""
    ended = one.ended.isoformat(timespec="seconds") if one.ended else None
    return {**asdict(one), "began": one.began.isoformat(timespec="seconds"), "ended": ended}
