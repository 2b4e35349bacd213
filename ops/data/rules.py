"""The table of rules for arriving rows. Limits, enumerations and columns are those of the records themselves.

Every other form of the rules is made from this table: the checks that run here (`check.py`), and the suites for Great
Expectations and AWS Glue (`suites.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shortlist.core.types import ACTIONS, EVENT_KINDS
from shortlist.core.validation import MAX_ID_LENGTH, MAX_NUMBER, MAX_SECONDS

Kind = Literal["videos", "articles", "readers", "events"]
Check = Literal[
    "readable", "present", "length", "between", "one of", "unique",  # of single rows
    "known", "columns", "mostly good", "volume", "fresh",  # of a whole batch
]  # fmt: skip
Effect = Literal["row", "batch", "warning"]

KINDS: tuple[Kind, ...] = ("videos", "articles", "readers", "events")  # in the order in which they are stored

UNREADABLE = "unreadable"  # the column that says which cells of a row cannot be read
LATEST = "latest"  # a bound that stands for the latest allowed time of an event


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule for one column of one kind of table.

    `arguments` are two bounds ("length", "between"; None is no bound), the allowed values ("one of"), or the tables of
    the catalogue that must have the id ("known"). `where` restricts the rule to rows whose other column has a value;
    None means that the column has none. `share` is the smallest share of rows with a known id. The `effect` of a broken
    rule: the row is put aside, the whole batch is refused, or a person is warned.
    """

    kind: Kind
    column: str
    check: Check
    arguments: tuple[str | float | None, ...] = ()
    where: tuple[str, str | None] | None = None
    share: float | None = None
    effect: Effect = "row"

    @property
    def name(self) -> str:
        """The rule on one line, such as "dwell_s from 0 to 1e+09"."""
        names = ", ".join(str(value) for value in self.arguments)
        bounds = " to ".join(f"{bound:g}" for bound in self.arguments if isinstance(bound, int | float))
        told = {
            "readable": "every cell readable",
            "present": f"{self.column} present",
            "length": f"{self.column} of {bounds} characters",
            "between": f"{self.column} from {bounds}" if bounds else f"{self.column} not in the future",
            "one of": f"{self.column} one of {names}",
            "unique": f"{self.column} unique",
            "known": f"{self.column} among the {names}",
            "columns": "the columns of every earlier file",
            "mostly good": "most rows good",
            "volume": "a usual number of rows",
            "fresh": f"newest {self.column} recent",
        }[self.check]
        if self.where is None:
            return told
        return f"{told} where {self.where[0]} is {self.where[1] or 'missing'}"


RULES: tuple[Rule, ...] = (
    Rule("events", UNREADABLE, "readable"),
    Rule("events", "user_id", "present"),
    Rule("events", "user_id", "length", (1, MAX_ID_LENGTH)),
    Rule("events", "item_id", "present"),
    Rule("events", "item_id", "length", (1, MAX_ID_LENGTH)),
    Rule("events", "kind", "present"),
    Rule("events", "kind", "one of", EVENT_KINDS),
    Rule("events", "action", "present"),
    Rule("events", "action", "one of", ACTIONS),
    Rule("events", "action", "one of", ("dislike",), where=("kind", "channel")),
    Rule("events", "at", "present"),
    Rule("events", "at", "between", (None, LATEST)),
    Rule("events", "dwell_s", "between", (0, MAX_SECONDS)),
    Rule("events", "position", "between", (0, MAX_NUMBER)),
    Rule("events", "event_id", "length", (1, MAX_ID_LENGTH)),
    Rule("events", "event_id", "unique"),
    # An event may arrive before its video, so it is stored. A file of events about nothing known is another home's.
    Rule("events", "item_id", "known", ("videos",), where=("kind", "video"), share=0.5, effect="batch"),
    Rule("events", "item_id", "known", ("articles",), where=("kind", "article"), share=0.5, effect="batch"),
    Rule("events", "at", "fresh", effect="warning"),
    Rule("videos", UNREADABLE, "readable"),
    Rule("videos", "title", "present"),
    Rule("videos", "id", "length", (1, MAX_ID_LENGTH)),
    Rule("videos", "duration", "between", (0, MAX_SECONDS)),
    Rule("articles", UNREADABLE, "readable"),
    Rule("articles", "body", "present", where=("title", None)),
    Rule("articles", "id", "length", (1, MAX_ID_LENGTH)),
    Rule("readers", UNREADABLE, "readable"),
    Rule("readers", "user_id", "present"),
    Rule("readers", "user_id", "length", (1, MAX_ID_LENGTH)),
    # Their limits are settings, and what is usual comes from the last two weeks.
    *(Rule(kind, "", "columns", effect="batch") for kind in KINDS),
    *(Rule(kind, "", "mostly good", effect="batch") for kind in KINDS),
    *(Rule(kind, "", "volume", effect="batch") for kind in KINDS),
)


def row_rules(kind: Kind) -> Iterator[Rule]:
    """Yield the rules that put single rows of `kind` aside."""
    return (rule for rule in RULES if rule.kind == kind and rule.effect == "row")


def batch_rules(kind: Kind) -> Iterator[Rule]:
    """Yield the rules for whole batches of `kind`."""
    return (rule for rule in RULES if rule.kind == kind and rule.effect != "row")
