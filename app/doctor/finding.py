"""What one check found, and what all of them come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shortlist.core.errors import HomeLocked, ServiceError, ShortlistError, StateError

State = Literal["ok", "warning", "broken"]
STATES: tuple[State, ...] = ("ok", "warning", "broken")


@dataclass(frozen=True, slots=True)
class Finding:
    """A state, what was found, and the command or step that mends it; `exit_code` is what it means if broken."""

    state: State
    found: str
    remedy: str = ""
    exit_code: int = StateError.exit_code


@dataclass(frozen=True, slots=True)
class Report:
    """The findings by the name of their check, in the order of the table."""

    findings: dict[str, Finding]

    @property
    def state(self) -> State:
        """The worst."""
        return max((one.state for one in self.findings.values()), key=STATES.index, default="ok")

    @property
    def exit_code(self) -> int:
        """0 unless something is broken; 4 if that is the state, 3 if only something needed from outside."""
        return max((one.exit_code for one in self.findings.values() if one.state == "broken"), default=0)

    @property
    def document(self) -> dict[str, Any]:
        """The document of `doctor --json`."""
        checks = [
            {"name": name, "state": one.state, "found": one.found, "remedy": one.remedy}
            for name, one in self.findings.items()
        ]
        return {"state": self.state, "checks": checks}


def ok(found: str) -> Finding:
    """All is well."""
    return Finding("ok", found)


def warn(found: str, remedy: str) -> Finding:
    """Something is missing that most commands do without, or that mends itself."""
    return Finding("warning", found, remedy)


def broken(found: str, remedy: str, exit_code: int = StateError.exit_code) -> Finding:
    """Something has to be done."""
    return Finding("broken", found, remedy, exit_code)


def problems_found(problems: Sequence[str], remedy: str, shown: int = 3) -> Finding:
    """Broken in one or more ways."""
    more = f" and {len(problems) - shown} more" if len(problems) > shown else ""
    return broken(f"{'; '.join(problems[:shown])}{more}", remedy)


def run_check(check: Callable[[], Finding]) -> Finding:
    """What `check` finds; an error of ours is a finding, too."""
    try:
        return check()
    except HomeLocked as error:
        return warn(f"not looked at: {error.found} is writing", "run it again when that has finished")
    except ServiceError as error:
        return _of(error)
    except ShortlistError as error:
        return _of(error)
    except OSError as error:
        return broken(str(error), "check the disk and the permissions of the folder")


def _of(error: ShortlistError) -> Finding:
    return broken(f"{error.problem}: expected {error.expected}, found {error.found}", error.remedy, error.exit_code)
