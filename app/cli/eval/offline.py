"""`shortlist eval offline`: judge a variant by the lists that readers were shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import print_json, say
from shortlist.core.errors import UsageError
from shortlist.engine.build import open_recommender
from shortlist.eval.live_variant import live_variant
from shortlist.eval.offpolicy.estimators import Estimate
from shortlist.eval.offpolicy.offline import Offline, judge
from shortlist.eval.variants import SHIPPED, load_variants

NO_SUPPORT = 1
LOGS = ("exposures",)


@command()
def offline(
    call: Call,
    variant: Annotated[
        str,
        typer.Option("--variant", help="A name in the variants file, or a TOML file of settings.", metavar="VARIANT"),
    ],
    log: Annotated[str, typer.Option("--log", help="The log to judge by: exposures.", metavar="LOG")] = "exposures",
    variants: Annotated[
        Path | None, typer.Option("--variants", help="TOML file of variants [eval/ablations.toml].", metavar="FILE")
    ] = None,
    clip: Annotated[float, typer.Option("--clip", help="Largest weight of a place.", min=1)] = 100.0,
) -> None:
    """Estimate what readers would have chosen from the lists of VARIANT, by the lists that they were shown. No reader
    sees anything. It needs lists with places that were filled at random (exposures.explore), and refuses without.

    Example: shortlist eval offline --log exposures --variant tuned.toml
    """
    if log not in LOGS:
        raise UsageError("unknown log", expected=" or ".join(LOGS), found=repr(log), remedy="correct --log")
    one = live_variant(variant, load_variants(variants or SHIPPED), call.config)
    with call.open_home() as store:
        found = judge(
            store.catalogue,
            one.name,
            one.live_method,
            lambda records: open_recommender(store, one.apply_to(call.config), records),
            clip,
        )
    if call.as_json:
        print_json(found.document)
    else:
        _print(found)
    if found.refused:
        raise typer.Exit(NO_SUPPORT)


def _print(found: Offline) -> None:
    say(f"{found.variant} by {found.lists:,} lists that readers were shown; numbers are choices a list")
    say(f"as shown       {_interval(found.logged)}")
    for name, estimate in found.estimates.items():
        say(f"{name:<14} {_interval(estimate)}")
    if found.refused:
        say(f"no estimate: {found.refused}")
        return
    say(f"effective size {found.size:,.0f} places; {found.clipped:.1%} of the weights were cut")


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
