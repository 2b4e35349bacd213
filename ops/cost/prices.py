"""The dated table of prices."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Price:
    """A price in US dollars `per` some unit. `seen` is where and when it was read; empty if it was not checked."""

    usd: float
    per: str
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices by name, of one region, as of `date`."""

    region: str
    date: date
    table: Mapping[str, Price]

    def __getitem__(self, name: str) -> float:
        return self.table[name].usd

    @property
    def unchecked(self) -> list[str]:
        """The names of the prices that were not checked."""
        return [name for name, price in self.table.items() if not price.seen]


def load_prices() -> Prices:
    """Read the table of the package, prices.toml."""
    document = tomllib.loads(files("shortlist.ops.cost").joinpath("prices.toml").read_text("utf-8"))
    region, day = document.pop("region"), document.pop("date")
    return Prices(region, day, {name: Price(**values) for name, values in document.items()})
