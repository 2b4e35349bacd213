"""Run the steps in order, one run at a time. What was done is not done again; a killed run is resumed by the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from shortlist.ops.data.workplace import Workplace
from shortlist.ops.pipeline.history import Execution, History, Run
from shortlist.ops.pipeline.steps import STEPS, Step, state_of
from shortlist.ops.pipeline.triggers import drift
from shortlist.store.lock import locked

LOCK = "pipeline.lock"


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a command: its exit code, what it said last, and its cost."""

    code: int
    message: str
    seconds: float
    cpu_seconds: float
    peak_mb: float


Execute = Callable[[Sequence[str]], Ended]  # runs `shortlist` with these arguments


def run_pipeline(
    place: Workplace, history: History, execute: Execute, reason: str, steps: Sequence[Step] = STEPS,
    forced: Collection[str] = (), after: Callable[[Execution], None] | None = None,
) -> Run:  # fmt: skip
    """Run `steps` for `reason` until one fails. `after` gets each step that has ended.

    The run is "incomplete" if files failed or were refused: the others went on.

    A step is skipped if nothing waits for it, and cached if its inputs are those of its last success and its outputs
    are still there. A step that needs new events runs without them if it is in `forced`, or if a drift was found.
    Raises `HomeLocked` at once if another process runs the pipeline.
    """
    remedy = "wait until it has ended; it takes what has arrived in the meantime at the next run"
    with locked(place.home.path / LOCK, "the pipeline is running already", remedy):
        run, unstored = history.begin(reason), place.ledger.count_unstored()
        for step in steps:
            execution = _run_step(step, place, history, execute, step.name in forced)
            run = history.add(run, execution)
            if after:
                after(execution)
            if execution.state == "failed":
                return history.end(run, "failed")
        return history.end(run, "incomplete" if place.ledger.count_unstored() > unstored else "done")


def _run_step(step: Step, place: Workplace, history: History, execute: Execute, forced: bool) -> Execution:
    inputs, events = state_of(step.inputs, place), place.home.catalogue.events.last_number()
    if inputs is None:
        return Execution(step.name, "skipped", events=events, message=_why_nothing_waits(step, place))
    last = history.last_done(step.name)
    if last is not None and last.inputs == inputs and last.outputs == state_of(step.outputs, place):
        return Execution(step.name, "cached", inputs, last.outputs, events=events)
    tried = history.last_tried(step.name)
    new, needed = events - (tried.events if tried else 0), place.config.pipeline.train_after
    if step.needs_events and new < needed and not forced and drift(place, history) is None:
        message = f"{new:,} new events since the last time, {needed:,} are needed"
        return Execution(step.name, "skipped", inputs, events=events, message=message)
    unstored = place.ledger.count_unstored()
    ended = execute(step.command)
    cost = (ended.seconds, ended.cpu_seconds, ended.peak_mb)
    if ended.code in step.not_yet:
        return Execution(step.name, "skipped", inputs, None, *cost, events, ended.message)
    if ended.code != 0:
        message = f"{ended.message or f'exit code {ended.code}'}; {step.remedy}"
        return Execution(step.name, "failed", inputs, None, *cost, events, message)
    failed = place.ledger.count_unstored() - unstored
    files = f"{failed:,} file{'s' if failed > 1 else ''}"
    message = f"{files} failed: see `shortlist ops pipeline arrivals`" if failed else ""
    return Execution(step.name, "done", inputs, state_of(step.outputs, place), *cost, events, message)


def _why_nothing_waits(step: Step, place: Workplace) -> str:
    incomplete = place.inbox.n_incomplete() if "incoming" in step.inputs else 0
    if not incomplete:
        return step.idle
    files = "1 file is" if incomplete == 1 else f"{incomplete:,} files are"
    return f"{files} still arriving; each is taken {place.config.pipeline.settle_s:g} s after its last change"
