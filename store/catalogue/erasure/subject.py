"""A reader, a video or an article to forget, and the traces of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shortlist.core.types import Kind

READER: Literal["reader"] = "reader"
SubjectKind = Literal["reader"] | Kind
SUBJECT_KINDS: tuple[SubjectKind, ...] = (READER, "video", "article")


@dataclass(frozen=True, slots=True)
class Subject:
    """The reader, video or article with this id."""

    kind: SubjectKind
    id: str

    def __str__(self) -> str:
        return self.id if self.kind == READER else f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True)
class Erased:
    """The number of rows erased by table, and the ids and texts that they held.

    `locations` are those of a video: files, which may be in the home, and addresses. They map to their versions.
    `backups` says what becomes of the backups that hold the subject.
    """

    rows: Mapping[str, int]
    texts: frozenset[str] = frozenset()
    locations: Mapping[str, str] = field(default_factory=dict)
    backups: str = "keep"


def mention_of(an_id: str) -> re.Pattern[str]:
    """Return a pattern that finds the id as a word of its own: `ann` is not in `anna`, `ann-2` or `ann@example.org`."""
    return re.compile(rf"(?<![\w@.-]){re.escape(an_id)}(?![\w@-]|\.\w)")
