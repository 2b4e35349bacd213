"""`shortlist ops experiment`: compare two variants by what readers choose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import print_json, say
from shortlist.app.settings_file import config_file_to_write, write_settings
from shortlist.core.errors import UsageError
from shortlist.eval.interleaving import Standing, standing
from shortlist.eval.live_variant import changed_settings, document_of, live_variant
from shortlist.eval.report.standing import standing_document, standing_lines
from shortlist.eval.variants import SHIPPED, Variant, load_variants
from shortlist.store.catalogue.experiments import Experiment

Name = Annotated[str | None, typer.Argument(help="The experiment's name. Without one, the newest.", metavar="[NAME]")]
SPEC = "A name in the variants file, or a TOML file of settings as `eval tune --out` writes it."


@command()
def start(
    call: Call,
    name: Annotated[str, typer.Argument(help="A name for the experiment.", metavar="NAME")],
    b: Annotated[str, typer.Option("--b", help=SPEC, metavar="VARIANT")],
    a: Annotated[str, typer.Option("--a", help=SPEC, metavar="VARIANT")] = "default",
    split: Annotated[
        bool, typer.Option("--split", help="Split the readers instead: each has the lists of A or of B, exports, too.")
    ] = False,
    variants: Annotated[
        Path | None, typer.Option("--variants", help="TOML file of variants [eval/ablations.toml].", metavar="FILE")
    ] = None,
) -> None:
    """Start an experiment: from now on every list for a reader is interleaved from the lists of A and B, or, with
    --split, is that of one of them. Running servers follow within seconds. Interleaved lists cost up to twice the time.

    Example: shortlist ops experiment start weights --b tuned.toml
    """
    if not call.config.exposures.keep_days:
        raise UsageError(
            "nothing is recorded", expected="exposures.keep_days above 0", found="0", remedy="set it, see docs/data.md"
        )
    known = load_variants(variants or SHIPPED)
    documents = [document_of(live_variant(spec, known, call.config)) for spec in (a, b)]
    with call.open_home() as store:
        experiments = store.catalogue.experiments
        experiment = experiments.start(name, documents[0], documents[1], "split" if split else "interleave")
    a_b, started = {"a": documents[0], "b": documents[1]}, experiment.started.isoformat()
    what = "each reader has the lists of" if split else "lists are interleaved from"
    variant_names = f"A ({documents[0]['name']}) {'or' if split else 'and'} B ({documents[1]['name']})"
    remark = "see `shortlist ops experiment status` when readers have watched some"
    call.show(
        {"name": name, "design": experiment.design, **a_b, "started": started},
        [f"{name}: {what} {variant_names} from now on", remark],
    )


@command()
def status(call: Call, name: Name = None) -> None:
    """Show which variant leads, and whether the difference is more than chance. Looking often does not spoil the test.

    Example: shortlist ops experiment status
    """
    with call.open_home() as store:
        found = standing(store.catalogue, store.catalogue.experiments.find(name), call.config.profile.session_gap_min)
    call.show(standing_document(found), standing_lines(found))


@command()
def stop(call: Call) -> None:
    """End the experiment in progress. Lists are those of the configuration again.

    Example: shortlist ops experiment stop
    """
    with call.open_home() as store:
        current = store.catalogue.experiments.current()
        if current is None:
            raise UsageError(
                "no experiment is in progress", expected="one", found="none",
                remedy="see `shortlist ops experiment list`",
            )  # fmt: skip
        found = standing(store.catalogue, current, call.config.profile.session_gap_min)
        store.catalogue.experiments.end(current.name, "stopped")
        ended = store.catalogue.experiments.find(current.name)
    document = {**standing_document(found), "ended": ended.ended and ended.ended.isoformat()}
    call.show(document, [f"{current.name} has ended", *standing_lines(found)])


@command()
def promote(
    call: Call,
    name: Name = None,
    variant: Annotated[
        str | None, typer.Option("--variant", help="a or b [the winner].", metavar="a|b", case_sensitive=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="TOML file to write [the configuration in use].", metavar="FILE.toml")
    ] = None,
) -> None:
    """End an experiment and write the settings of its winner into the configuration. Other settings and comments of the
    file stay. Without a winner, choose one with --variant.

    Example: shortlist ops experiment promote --out shortlist.toml
    """
    file = config_file_to_write(out or call.config_file)
    with call.open_home() as store:
        experiments = store.catalogue.experiments
        experiment = experiments.find(name)
        winner = _winner(standing(store.catalogue, experiment, call.config.profile.session_gap_min), variant)
        promoted = Variant.model_validate(experiment.variant(winner))
        changes = changed_settings(promoted, call.config)
        if changes:
            write_settings(file, changes)
        experiments.end(experiment.name, f"promoted {winner}")
    if call.as_json:
        written = str(file) if changes else None
        print_json({"name": experiment.name, "variant": winner, "file": written, "settings": changes})
        return
    say(f"{experiment.name}: {winner.upper()} ({promoted.name}) is promoted")
    if changes:
        say(f"written to {file}: {', '.join(f'{part}.{key}' for part, keys in changes.items() for key in keys)}")
        say("start running servers again so that they read it")
    else:
        say("it is the configuration in use, nothing was written")


@command()
def list_(call: Call) -> None:
    """List all experiments, the newest first.

    Example: shortlist ops experiment list
    """
    with call.open_home() as store:
        found = store.catalogue.experiments.all()
    call.show([_document(one) for one in found], map(_line, found) if found else ["no experiments"])


def _document(one: Experiment) -> dict[str, Any]:
    ended = one.ended and one.ended.isoformat()
    return {
        "name": one.name, "design": one.design, "a": one.a, "b": one.b, "started": one.started.isoformat(),
        "ended": ended, "outcome": one.outcome,
    }  # fmt: skip


def _line(one: Experiment) -> str:
    state = "in progress" if one.ended is None else f"{one.outcome}, {one.ended:%Y-%m-%d %H:%M}"
    what = f"{one.a['name']} against {one.b['name']}, {one.design}"
    return f"{one.name}  {what}  since {one.started:%Y-%m-%d %H:%M}  {state}"


def _winner(found: Standing, given: str | None) -> str:
    """Return the variant to promote. Raises `UsageError` if none has won and none was given."""
    winner: Any = given.lower() if given else found.test.winner
    if winner not in ("a", "b"):
        what = "no variant has won yet" if given is None else "unknown variant"
        raise UsageError(
            what, expected="a or b", found="no winner" if given is None else repr(given),
            remedy="wait, or choose one with --variant",
        )  # fmt: skip
    return str(winner)
