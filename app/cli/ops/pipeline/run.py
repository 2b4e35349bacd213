"""`shortlist ops pipeline run`, `watch`, `history`, `show` and `sagemaker`: the steps, and what became of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, open_or_create, settings
from shortlist.app.cli.terminal.output import say

if TYPE_CHECKING:
    from shortlist.core.config import Config
    from shortlist.ops.pipeline.history import Execution, Run

FAILED = 1
Limit = Annotated[int, typer.Option("--limit", help="At most this many, the newest.", min=1, metavar="N")]


def run(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why it runs, for the history.")] = "by hand",
    train: Annotated[bool, typer.Option("--train", help="Train even if there are few new events.")] = False,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Run every step that has something to do: take files, check and store them, train. A killed run is resumed.

    Exits with 1 if a step failed, or if a file failed or was refused; the other files are stored.

    Example: shortlist ops pipeline run --reason cron
    """
    from shortlist.app.cli.terminal.output import print_json

    chosen = settings(context, home, config)
    done = _run(chosen, reason, ("train",) if train else (), quiet=as_json)
    if as_json:
        print_json(document(done))
    if done.state in ("failed", "incomplete"):
        raise typer.Exit(FAILED)


def watch(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="End after the first run.")] = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Run the pipeline whenever files arrive or there are many new events, until Ctrl-C.

    Files that arrive in pieces make one run. After a failed run it waits for a minute, then two, up to an hour.

    Example: shortlist ops pipeline watch
    """
    from shortlist.app.pipeline import open_workplace, require_ops
    from shortlist.ops.pipeline.history import History
    from shortlist.ops.pipeline.triggers import Debounce, reason_now

    require_ops()
    chosen = settings(context, home, config)
    timing = chosen.pipeline
    debounce = Debounce(timing.quiet_s, timing.longest_wait_s)
    say(f"watching {timing.folder or chosen.home}/incoming", err=True)
    while True:
        with open_or_create(chosen) as store, open_workplace(store, chosen) as place:
            history = History(store.path)
            reason = reason_now(place, history)
            history.close()
        if debounce.passes(reason, time.monotonic()):
            done = _run(chosen, reason or "", (), quiet=False)
            debounce.ended(failed=done.state == "failed", now=time.monotonic())
            if once:
                return
        time.sleep(timing.poll_s)


def history(
    context: typer.Context,
    limit: Limit = 10,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """List the runs: why, when, how long, at what cost, and what each step did.

    Example: shortlist ops pipeline history --limit 3
    """
    from shortlist.app.cli.terminal.output import print_json

    found = _newest(settings(context, home, config), limit)
    if as_json:
        print_json([document(one) for one in found])
        return
    if not found:
        say("no runs yet")
    for one in found:
        taken = f", {(one.ended - one.began).total_seconds():.1f} s" if one.ended else ""
        say(f"{one.number}  {one.began:%Y-%m-%d %H:%M:%S}  {one.state}{taken}  ({one.reason})")
        for step in one.steps:
            _say_step(step)


def show(context: typer.Context, as_json: AsJson = False, home: HomeDir = None, config: ConfigFile = None) -> None:
    """Draw the steps as a Mermaid flowchart, with the state of the last run.

    Example: shortlist ops pipeline show
    """
    from shortlist.app.cli.terminal.output import print_json
    from shortlist.ops.pipeline.draw import mermaid
    from shortlist.ops.pipeline.steps import STEPS

    newest = _newest(settings(context, home, config), 1)
    last = newest[0] if newest else None
    if as_json:
        steps = [
            {"name": step.name, "command": ["shortlist", *step.command], "inputs": step.inputs, "outputs": step.outputs}
            for step in STEPS
        ]
        print_json({"steps": steps, "last": document(last) if last else None})
        return
    say(mermaid(STEPS, last).rstrip())


def sagemaker() -> None:
    """Print the steps as a definition of an Amazon SageMaker pipeline, in JSON.

    Example: shortlist ops pipeline sagemaker > pipeline.json
    """
    from shortlist.app.cli.terminal.output import print_json
    from shortlist.app.pipeline import require_ops

    require_ops()
    from shortlist.ops.pipeline.sagemaker import definition
    from shortlist.ops.pipeline.steps import STEPS

    print_json(definition(STEPS))


def _run(config: Config, reason: str, forced: tuple[str, ...], quiet: bool) -> Run:
    from shortlist.app.pipeline import execute_with, open_workplace, require_ops
    from shortlist.ops.pipeline.history import History
    from shortlist.ops.pipeline.runner import run_pipeline

    require_ops()
    with open_or_create(config) as store, open_workplace(store, config) as place:
        history = History(store.path)
        try:
            after = None if quiet else _say_step
            return run_pipeline(place, history, execute_with(config), reason, forced=forced, after=after)
        finally:
            history.close()


def _newest(config: Config, limit: int) -> list[Run]:
    from shortlist.app.pipeline import require_ops
    from shortlist.engine.build import open_home
    from shortlist.ops.pipeline.history import History

    require_ops()
    with open_home(config) as store:
        history = History(store.path)
        try:
            return history.newest(limit)
        finally:
            history.close()


def _say_step(step: Execution) -> None:
    cost = f"{step.seconds:6.1f} s {step.cpu_seconds:7.1f} CPU s {step.peak_mb:6.0f} MB" if step.seconds else " " * 32
    say(f"  {step.step:10} {step.state:8} {cost}  {step.message}".rstrip())


def document(one: Run) -> dict[str, object]:
    """Return a run as JSON."""
    from dataclasses import asdict

    ended = one.ended.isoformat(timespec="seconds") if one.ended else None
    return {**asdict(one), "began": one.began.isoformat(timespec="seconds"), "ended": ended}
