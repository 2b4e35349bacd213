"""Check the off-policy estimates on real randomised logs: the sample of the Open Bandit Dataset in the wheel of obp.

    pip download obp==0.4.1 --no-deps -d DIR; python -m benchmarks.open_bandit DIR/obp-0.4.1-py3-none-any.whl

ZOZOTOWN, a fashion shop, showed items by two policies at once: at random, and by Bernoulli Thompson sampling (BTS),
with the probability of each. From the log of BTS alone we estimate how often items are clicked that are shown at
random, and compare with the log of the random policy. Saito et al., "Open Bandit Dataset and Pipeline", NeurIPS 2021.
"""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.csv as csv
from rich.console import Console
from rich.table import Table

from shortlist.eval.offpolicy.estimators import (
    LoggedPlaces,
    doubly_robust,
    effective_size,
    ips,
    logged_value,
    snips,
    support,
)

CAMPAIGNS = ("all", "men", "women")


def read(wheel: Path, policy: str, campaign: str) -> LoggedPlaces:
    """Return the log of a policy, one shown item a list; the other ranking shows every item as often."""
    with zipfile.ZipFile(wheel) as archive, archive.open(f"obp/dataset/obd/{policy}/{campaign}/{campaign}.csv") as file:
        table = csv.read_csv(file)
    propensity = table["propensity_score"].to_numpy().astype(np.float64)
    items = len(table["item_id"].unique())
    n = len(propensity)
    of = np.arange(n)
    place = table["position"].to_numpy().astype(np.int64) - 1
    clicked = table["click"].to_numpy().astype(np.float64)
    return LoggedPlaces(n, of, place, np.full(n, 1 / items), propensity, clicked)


def main() -> None:
    """Print a table for each campaign: clicks in 1,000 shown items."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("wheel", type=Path)
    chosen = options.parse_args()
    for campaign in CAMPAIGNS:
        truth, log = logged_value(read(chosen.wheel, "random", campaign)), read(chosen.wheel, "bts", campaign)
        table = Table(f"{campaign}: clicks in 1,000", "estimate", "95 % interval")
        rows = {"random, as logged": truth, "BTS, as logged": logged_value(log)}
        rows |= {"random by BTS, IPS": ips(log), "SNIPS": snips(log), "doubly robust": doubly_robust(log)}
        for name, one in rows.items():
            table.add_row(name, f"{1000 * one.value:.2f}", f"{1000 * one.low:.2f} to {1000 * one.high:.2f}")
        Console().print(table)
        Console().print(f"effective size {effective_size(log):,.0f} of {log.n:,}; support {support(log).value:.2f}")


if __name__ == "__main__":
    main()
