"""The finding of one check, and the report of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shortlist.core.errors import HomeLocked, ShortlistError, StateError

State = Literal["ok", "warning", "broken"]
STATES: tuple[State, ...] = ("ok", "warning", "broken")


@dataclass(frozen=True, slots=True)
class Finding:
    """A state, a description and the remedy, a command or a step. `exit_code` applies if the state is "broken"."""

    state: State
    found: str
    remedy: str = ""
    exit_code: int = StateError.exit_code


@dataclass(frozen=True, slots=True)
class Report:
    """The findings by name of check, in the order of the table."""

    findings: dict[str, Finding]

    @property
    def state(self) -> State:
        """The worst state of all findings."""
        return max((one.state for one in self.findings.values()), key=STATES.index, default="ok")

    @property
    def exit_code(self) -> int:
        """4 if the home is broken, 3 if only a service or model is, else 0."""
        return max((one.exit_code for one in self.findings.values() if one.state == "broken"), default=0)

    @property
    def document(self) -> dict[str, Any]:
        """The output of `doctor --json`."""
        checks = [
            {"name": name, "state": one.state, "found": one.found, "remedy": one.remedy}
            for name, one in self.findings.items()
        ]
        return {"state": self.state, "checks": checks}


def ok(found: str) -> Finding:
    """Return a finding without a problem."""
    return Finding("ok", found)


def warn(found: str, remedy: str) -> Finding:
    """Return a warning: most commands work without it, or it repairs itself."""
    return Finding("warning", found, remedy)


def broken(found: str, remedy: str, exit_code: int = StateError.exit_code) -> Finding:
    """Return a problem that you have to solve."""
    return Finding("broken", found, remedy, exit_code)


def problems_found(problems: Sequence[str], remedy: str, shown: int = 3) -> Finding:
    """Return one broken finding for all `problems`, of which `shown` are listed."""
    more = f" and {len(problems) - shown} more" if len(problems) > shown else ""
    return broken(f"{'; '.join(problems[:shown])}{more}", remedy)


def run_check(check: Callable[[], Finding]) -> Finding:
    """Run `check` and turn a Shortlist or system error into a finding."""
    try:
        return check()
    except HomeLocked as error:
        return warn(f"not checked: {error.found} is writing", "run it again when that has finished")
    except ShortlistError as error:
        return _from_error(error)
    except OSError as error:
        return broken(str(error), "check the disk and the permissions of the folder")


def _from_error(error: ShortlistError) -> Finding:
    return broken(f"{error.problem}: expected {error.expected}, found {error.found}", error.remedy, error.exit_code)
