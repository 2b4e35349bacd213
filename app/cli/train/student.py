"""`shortlist train student`: train a small model on the language model's judgements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import bars_one_by_one, print_json, say
from shortlist.app.distillation import distil as make_student


@command()
def student(
    call: Call,
    hours: Annotated[
        float,
        typer.Option(
            "--hours", help="Time for the language model's judgements, one list at least; 0 asks none.", min=0
        ),
    ] = 1.0,
    wishes: Annotated[
        Path | None,
        typer.Option(
            "--wishes", help="Text file of real wishes, one a line.", metavar="FILE", exists=True, dir_okay=False
        ),
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate/--no-gate", help="Compare with no rerank, and promote the student if it is better.")
    ] = True,
) -> None:
    """Make a student: a small model that judges candidates for a wish as the language model does, far faster.

    The language model writes wishes that videos answer, and judges the lists that the retrieval returns for them. The
    home caches its answers, so you can stop and go on at any time. The student is trained on three quarters of the
    lists and compared with no rerank and with its teacher on the others.

    Example: shortlist train student --hours 2
    """
    real = wishes.read_text(encoding="utf-8", errors="replace").splitlines() if wishes else []
    with call.open_home() as store, bars_one_by_one(call.as_json) as bars:
        document = make_student(
            store,
            call.config,
            hours,
            real,
            bars,
            gate=gate,
            say=lambda line: None if call.as_json else say(line, err=True),
        )
    if call.as_json:
        print_json(document)
    else:
        _show(document)


def _show(document: dict[str, Any]) -> None:
    lists, gate = document["lists"], document["gate"]
    say(f"{document['version']}: {lists['trained']:,} lists with {lists['candidates']:,} judgements to train on, "
        f"{lists['held_out']:,} lists held out")  # fmt: skip
    if not document["fitted"]:
        say("too few videos to fit weights: it orders by the similarity of words alone")
    if gate is None:
        say(f"not compared; use it with `shortlist models promote {document['version']} --student`")
        return
    if gate["rows"]:
        _show_rows(gate)
    say(f"{'promoted' if gate['promoted'] else 'not promoted'}: {gate['why']}")


def _show_rows(gate: dict[str, Any]) -> None:
    say(f"{'':<8} {'nDCG@10':>8} {'tau':>7} {'core-ms a list':>15}   against the teacher's judgements")
    for row in gate["rows"]:
        tau, ms = (_number(row[name], form) for name, form in (("tau", "+.3f"), ("core_ms", ",.0f")))
        say(f"{row['name']:<8} {row['ndcg']:>8.3f} {tau:>7} {ms:>15}")
    for name in ("none", "teacher"):
        mean, low, high, p = gate[f"over_{name}"]
        say(f"student against {name}: {mean:+.3f} [{low:+.3f}, {high:+.3f}], p {p:.4f}, {gate['items']} videos")


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
