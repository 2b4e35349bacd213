"""Draw the steps as a Mermaid flowchart, with the state of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shortlist.ops.pipeline.history import Execution, Run
from shortlist.ops.pipeline.steps import Step

COLOURS = {"done": "#cfe8cf", "cached": "#e3e9f5", "skipped": "#eeeeee", "failed": "#f5c6c6", "waiting": "#ffffff"}


def mermaid(steps: Sequence[Step], run: Run | None) -> str:
    """Return the flowchart of `steps`. An arrow carries what a step gives to a later one."""
    states = {one.step: one for one in run.steps} if run else {}
    return "\n".join([*_lines(steps, states), ""])


def _lines(steps: Sequence[Step], states: dict[str, Execution]) -> Iterator[str]:
    yield "flowchart LR"
    produced = {resource for step in steps for resource in step.outputs}
    for step in steps:
        one = states.get(step.name)
        told = "waiting" if one is None else f"{one.state}, {one.seconds:.1f} s" if one.seconds else one.state
        yield f'  {step.name}["{step.name}<br/>{told}"]:::{one.state if one else "waiting"}'
        yield from (
            f"  {resource}[({resource})] --> {step.name}" for resource in step.inputs if resource not in produced
        )
    for at, step in enumerate(steps):
        for resource in step.outputs:
            followers = [later.name for later in steps[at + 1 :] if resource in later.inputs]
            yield from (f"  {step.name} -- {resource} --> {name}" for name in followers)
            if not followers:
                yield f"  {step.name} --> {resource}_[({resource})]"  # a step may have the same name
    yield from (f"  classDef {state} fill:{colour},stroke:#888" for state, colour in COLOURS.items())
