"""Every error Shortlist raises on purpose, as one tree.

    ShortlistError
    ├── UsageError             exit 2   the request cannot be served as written
    │   ├── ConfigError                 a configuration file or environment variable
    │   ├── RecordError                 a record breaks its invariant
    │   ├── MediaError                  a video, file or address cannot be ingested; others can
    │   ├── UnknownReader               no such reader; carries the nearest ids
    │   └── UnknownItem                 no such video, article or event
    ├── ServiceError           exit 3   a model, server or program is missing
    │   ├── ModelMissing                weights, or a package that a model needs, are missing
    │   └── ModelFailed                 a model answered wrongly, late or not at all
    │       └── UnusableAnswer          this answer is unusable, the next may be usable
    └── StateError             exit 4   the home directory cannot be used as it is
        ├── HomeLocked                  another process is writing content
        ├── ReadOnlyHome                it follows published snapshots
        ├── HomeVersion                 a newer schema, a foreign home or another encoder
        └── HomeDamaged                 a file is unreadable or contradicts another

A message always has three parts: what was expected, what was found, what to do next. The command line prints it on one
line and exits with `exit_code`; a traceback means a bug. For programs, every error has a `code`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

UNEXPECTED = "unexpected"  # the code of an error that is a bug
UNREADABLE = "unreadable"  # the code of a file or folder that cannot be read


def one_line(message: str) -> str:
    """Return `message` on one line of printable characters: it may quote untrusted text."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in message).split())


class ShortlistError(Exception):
    """Base of all errors raised on purpose.

    `problem` names what went wrong; `expected` and `found` are the two things that disagree; `remedy`
    is the next step for the person who reads the message. `code` is the kind of error, for programs.
    """

    exit_code: ClassVar[int] = 2
    code: str = "error"

    def __init__(self, problem: str, *, expected: str, found: str, remedy: str) -> None:
        self.problem = problem
        self.expected = expected
        self.found = found
        self.remedy = remedy
        super().__init__(one_line(f"{problem}: expected {expected}, found {found}; {remedy}"))

    def __reduce__(self) -> tuple[Callable[..., ShortlistError], tuple[Any, ...]]:
        """Pickle with all attributes; the default would call the constructor with the message alone."""
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[ShortlistError], args: tuple[Any, ...], state: dict[str, Any]) -> ShortlistError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class UsageError(ShortlistError):
    """The request cannot be served as written."""

    code = "usage"


class ConfigError(UsageError):
    """A configuration file or environment variable is wrong."""

    code = "config"


class RecordError(UsageError):
    """A record breaks its invariant, or a line of input cannot become a record."""

    code = "record"


class MediaError(UsageError):
    """A video, file or address cannot be ingested. A run over many records the error and goes on with the others.

    `code` is "media", or more precise, such as "private-video".
    """

    code = "media"

    def __init__(self, problem: str, *, expected: str, found: str, remedy: str, code: str = "media") -> None:
        super().__init__(problem, expected=expected, found=found, remedy=remedy)
        self.code = code


class UnknownReader(UsageError):
    """No reader has this id. `nearest` lists the most similar known ids, best first."""

    code = "unknown-reader"

    def __init__(self, user_id: str, nearest: tuple[str, ...]) -> None:
        self.user_id = user_id
        self.nearest = nearest
        known = f"the nearest ids are {', '.join(nearest)}" if nearest else "no readers are known yet"
        remedy = "use one of those, or add readers with `shortlist ingest events FILE`"
        super().__init__(
            "unknown reader", expected="an id of a known reader", found=f"{user_id!r} ({known})", remedy=remedy
        )


class UnknownItem(UsageError):
    """No video, article or event has this id."""

    code = "unknown-item"


class ServiceError(ShortlistError):
    """A model, server or program that was asked for by name is missing."""

    exit_code = 3
    code = "service"


class ModelMissing(ServiceError):
    """Weights or a package that a model needs cannot be found or loaded."""

    code = "model-missing"


class ModelFailed(ServiceError):
    """A model was reached but did not give a usable answer in time."""

    code = "model-failed"


class UnusableAnswer(ModelFailed):
    """A model answered in a form that cannot be used; the next answer may be usable."""

    code = "unusable-answer"


class StateError(ShortlistError):
    """The home directory cannot be used as it is."""

    exit_code = 4
    code = "state"


class HomeLocked(StateError):
    """Another process holds the writer lock."""

    code = "home-locked"


class ReadOnlyHome(StateError):
    """The home follows published snapshots, so nothing can be written."""

    code = "read-only"


class HomeVersion(StateError):
    """The home was written by a newer version, belongs elsewhere, or uses another encoder."""

    code = "home-version"


class HomeDamaged(StateError):
    """A file of the home is unreadable or contradicts another."""

    code = "home-damaged"
