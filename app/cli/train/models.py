"""`shortlist train`: train models on the home's own events, and promote them if they are better."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import bars_one_by_one, print_json, say
from shortlist.app.training import train_and_judge, train_on
from shortlist.core.errors import UsageError
from shortlist.engine.build import open_home
from shortlist.learning.plan import MODELS, Plan

SPECS = "events, mind:DIR, watches:DIR or simulated:N"
WEIGHTS, ALL = "weights", "all"
SAID = {"champion": "promoted", "approved": "approved"}


@command()
def train(
    call: Call,
    seed: Annotated[int, typer.Option("--seed", help="Seed of everything that is drawn at random.", min=0)] = 0,
    data: Annotated[
        str | None,
        typer.Option("--data", help=f"Train on the past of this data set: {SPECS}. Without a gate.", metavar="SPEC"),
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate/--no-gate", help="Compare with what is in use, and promote what is better.")
    ] = True,
    promote: Annotated[
        bool, typer.Option("--promote/--no-promote", help="Use what is better at once, or leave it approved.")
    ] = True,
) -> None:
    """Train models on what this home's readers watched. A stopped training goes on where it was.

    A ranker needs towers, so it trains them too; lambdamart is a ranker of trees (extra trees). weights tunes the
    weights of the legs. all tunes the weights and then trains the ranker, each compared with what is in use by then.

    The models are written as a new version. With the gate, both the version in use and the new one are trained on the
    past and judged on the newest day and week. The new one is promoted if it is significantly better and in no slice
    significantly worse. With --no-promote it is only approved, for `shortlist models promote`. It needs 200 readers
    who watched two videos or more.

    With --data, the models are trained on the past of an evaluation data set and kept with it, to be measured.

    Example: shortlist train all
    """
    chosen, model = call.config, call.name
    plans: dict[str, list[Plan | None]] = {WEIGHTS: [None], ALL: [None, Plan.of("ranker", seed)]}
    plans |= {name: [Plan.of(name, seed)] for name in MODELS}
    if data is not None and model == WEIGHTS:
        remedy = "use `shortlist eval tune`, which writes weights for --config"
        raise UsageError("weights are not trained on a data set", expected="a model", found=WEIGHTS, remedy=remedy)
    with bars_one_by_one(call.as_json) as bars:
        if data is not None:
            documents = [train_on(data, chosen, plan, bars) for plan in plans[model] if plan]
        else:
            with open_home(chosen) as store:
                documents = [
                    train_and_judge(store, chosen, plan, bars, gate=gate, promotes=promote) for plan in plans[model]
                ]
    if call.as_json:
        print_json({"versions": documents})
        return
    for document in documents:
        _show_version(document)
        if data is None:
            _show_gate(document)
        else:
            say(f"measure it with `SHORTLIST_RETRIEVAL__MODELS={document['version']} shortlist eval run --data {data}`")


def _show_version(document: dict[str, Any]) -> None:
    data, seconds = document["data"], sum(document["cpu_seconds"].values())
    made = [*document["towers"], *filter(None, [document["ranker"]])]
    what = ", ".join(made or [f"{leg} {weight:g}" for leg, weight in document["weights"].items() if weight])
    say(f"{document['version']}: {what}")
    say(f"trained on {data['acts']:,} watches of {data['readers']:,} readers in {seconds:,.0f} CPU seconds")


def _show_gate(document: dict[str, Any]) -> None:
    if (gate := document["gate"]) is None:
        use_it = f"use it with `shortlist models promote {document['version']}`"
        say("in use, not compared" if document["state"] == "champion" else f"not compared; {use_it}")
        return
    for one in gate["judged"]:
        low, mean, high = one["difference"]
        figures = (
            f"{one['metric']} {one['champion']:.3f} -> {one['challenger']:.3f}, {mean:+.3f} [{low:+.3f}, {high:+.3f}]"
        )
        say(f"  next {one['horizon']:<5} {one['slice']:<15} {one['readers']:>6,} readers  {figures}, p {one['p']:.4f}")
    for horizon, reason in gate["left_out"].items():
        say(f"  next {horizon:<5} left out: {reason}")
    say(f"{SAID.get(document['state'], 'not promoted')}: {gate['why']}")
