"""Named sets of settings to measure, read from a TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shortlist.core.config import AUTO, NONE, RERANK_CHOICES, Config
from shortlist.core.errors import ConfigError
from shortlist.core.legs import LEGS
from shortlist.learning.plan import Plan

SHIPPED = Path(__file__).with_name("ablations.toml")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*")  # safe in file names, and as the tag of run files
NEED_OWN_HOME = frozenset({"enrichment", "encoder", "ingest", "llm"})
SECTIONS = ("encoder", "ingest", "llm", "profile", "rerank", "retrieval")

Enriched = Literal["category", "rewritten_title", "summary", "tags"]
Settings = Mapping[str, Any]


class Variant(BaseModel):
    """Settings that replace those of the configuration, key by key.

    `alone` gives one leg all the weight, `drop` sets the weight of some legs to 0. `method` is a value of `--rerank`.
    `enrichment` lists the enrichments of the videos that are used. `peer` names another system to run in place of
    Shortlist. `trains` are settings of `learning.plan.Plan`: the models that are trained on the past of the data set.
    In an ablation, `sample` limits the number of queries, drawn by the seed, and `kinds` the kinds of data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    about: str = ""
    method: str = NONE
    alone: str | None = None
    drop: tuple[str, ...] = ()
    enrichment: tuple[Enriched, ...] = ("category", "rewritten_title", "summary", "tags")
    peer: str | None = None
    trains: Plan | None = None
    kinds: tuple[str, ...] = ()
    sample: Annotated[int, Field(ge=1)] | None = None
    encoder: Settings = {}
    ingest: Settings = {}
    llm: Settings = {}
    profile: Settings = {}
    rerank: Settings = {}
    retrieval: Settings = {}

    def apply_to(self, config: Config) -> Config:
        """Return `config` with this variant's settings.

        Raises `ConfigError` for settings, legs or methods that do not exist.
        """
        settings = config.model_dump()
        for section in SECTIONS:
            settings[section] |= getattr(self, section)
        self._set_weights(settings["retrieval"])
        _require(self.method in RERANK_CHOICES, self.name, f"a method among {', '.join(RERANK_CHOICES)}", self.method)
        try:
            return Config.model_validate(settings)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise _error(self.name, f"settings of docs/config.md ({first['msg']})", where) from error

    @property
    def is_live(self) -> bool:
        """Whether the variant can rank the videos of an existing home."""
        return self.peer is None and not self.model_fields_set & NEED_OWN_HOME

    @property
    def live_method(self) -> str:
        """The rerank method of requests that leave it open."""
        return self.method if "method" in self.model_fields_set else AUTO

    def applies_to(self, kind: str) -> bool:
        """Return whether this variant is measured on data of `kind`."""
        return not self.kinds or kind in self.kinds

    def overrides(self, key: str) -> bool:
        """Return whether this variant sets `key`, as "retrieval.weights"."""
        section, _, name = key.partition(".")
        return name in getattr(self, section, {}) or (self.alone is not None and name in ("weights", "text_weights"))

    def _set_weights(self, retrieval: dict[str, Any]) -> None:
        for leg in (*self.drop, *filter(None, [self.alone])):
            _require(leg in LEGS, self.name, f"a leg among {', '.join(LEGS)}", leg)
        for key in ("weights", "text_weights"):
            if self.alone:
                retrieval[key] = {self.alone: 1.0}
                retrieval["fusion"] = "weighted"  # a promoted ranker would ask all its legs
            retrieval[key] = {leg: weight for leg, weight in retrieval[key].items() if leg not in self.drop}


def load_variants(path: Path = SHIPPED) -> dict[str, Variant]:
    """Read variants by name, in the order of the file. The shipped ones include those of every leg.

    Raises `ConfigError` with the name of a bad variant.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("variants")
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _error(str(path), "a readable TOML file", str(error)) from error
    if not isinstance(entries, dict) or not entries:
        raise _error(str(path), 'tables as [variants."name"]', "none")
    if path == SHIPPED:
        first, *others = entries.items()
        entries = dict([first, *_of_legs(), *others])
    return {name: _variant(name, entry) for name, entry in entries.items()}


def _of_legs() -> Iterator[tuple[str, Settings]]:
    """Yield each leg alone, then all but each leg that has a weight. Those that need training are in the file."""
    legs = {name: leg for name, leg in LEGS.items() if not leg.trained}
    for name, leg in legs.items():
        yield name, {"about": leg.about, "kinds": leg.kinds, "alone": name}
    for name, leg in legs.items():
        if leg.weight or leg.text_weight:
            yield f"without-{name}", {"kinds": leg.kinds, "drop": [name]}


def choose(variants: Mapping[str, Variant], names: Iterable[str]) -> list[Variant]:
    """Return the variants with these names, in the order of `names`. Raises `ConfigError` for an unknown name."""
    for name in names:
        _require(name in variants, name, f"one of {', '.join(variants)}", "an unknown name")
    return [variants[name] for name in names]


def _variant(name: str, entry: Any) -> Variant:
    _require(NAME.fullmatch(name) is not None, repr(name), "a name of letters, digits, + . _ and -", repr(name))
    _require(isinstance(entry, dict), name, "a table of settings", repr(entry))
    try:
        return Variant(name=name, **entry)
    except ValidationError as error:
        first = error.errors()[0]
        raise _error(name, first["msg"], ".".join(map(str, first["loc"]))) from error


def _require(condition: bool, name: str, expected: str, found: str) -> None:
    if not condition:
        raise _error(name, expected, found)


def _error(name: str, expected: str, found: str) -> ConfigError:
    return ConfigError(f"variant {name}", expected=expected, found=found, remedy="correct the file of variants")
