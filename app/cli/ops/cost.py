"""`shortlist ops cost`: estimate what a deployment on AWS costs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from shortlist.app.cli.terminal.options import AsJson
from shortlist.app.cli.terminal.output import print_json, print_remark, say
from shortlist.ops.cost.estimate import Workload, estimate, total
from shortlist.ops.cost.prices import load_prices


def cost(
    videos: Annotated[float, typer.Option("--videos", help="Videos in the catalogue.", min=1, metavar="N")] = 1e6,
    readers: Annotated[
        float, typer.Option("--readers", help="Readers; a fifth comes each day.", min=1, metavar="N")
    ] = 1e6,
    events: Annotated[float, typer.Option("--events-per-day", help="Events a day.", min=0, metavar="N")] = 1e7,
    requests: Annotated[
        float | None,
        typer.Option("--requests-per-day", help="Answers a day; a fifth of the events if unset.", min=0, metavar="N"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Estimate what the deployment on AWS costs a month, from a dated table of prices (docs/cost.md).

    Example: shortlist ops cost --videos 1e6 --readers 1e6 --events-per-day 1e7
    """
    prices = load_prices()
    load = Workload.of(videos, readers, events, requests)
    lines = estimate(load, prices)
    sum_usd = total(lines)
    per_thousand = sum_usd / (load.requests * 30.4 / 1000) if load.requests else None
    if as_json:
        print_json(
            {
                "workload": asdict(load),
                "region": prices.region,
                "date": prices.date.isoformat(),
                "lines": [asdict(line) for line in lines],
                "usd_a_month": sum_usd,
                "usd_a_thousand_answers": per_thousand,
                "prices_not_checked": prices.unchecked,
            }
        )
        return
    for line in lines:
        say(f"{line.part:<30} {line.size:<48} {line.usd:>9,.0f}")
    each = f", {per_thousand:.3f} a thousand answers" if per_thousand else ""
    say(f"{'USD a month':<79} {sum_usd:>9,.0f}{each}")
    print_remark(f"list prices of {prices.region}, table of {prices.date}, without a language model")
    print_remark(f"{len(prices.unchecked)} of {len(prices.table)} prices were not checked; see docs/cost.md")
