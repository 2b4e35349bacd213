"""Where errors of PostgreSQL become ours: one table from its error codes to what a person can do about them."""

from __future__ import annotations

from collections.abc import Callable

from shortlist.core.errors import HomeDamaged, RecordError, ServiceError, ShortlistError, StateError


def translated(error: BaseException, name: str, if_damaged: str) -> ShortlistError | None:
    """What an `error` of the database `name` means for a person; None for what can only be a bug of ours."""
    import psycopg

    if not isinstance(error, psycopg.Error):
        return None
    code, said = error.sqlstate, " ".join(str(error).split())
    if code is None:  # no answer of the server, or none to a connection
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return unreachable(name, said) if lost else None
    if code.startswith(DAMAGE):
        return HomeDamaged(f"{name} is damaged", expected="a catalogue of Shortlist", found=said, remedy=if_damaged)
    return next((explain(name, said) for start, explain in EXPLANATIONS.items() if code.startswith(start)), None)


def unreachable(name: str, found: str) -> ServiceError:
    """The server does not answer, or lets us not in."""
    return ServiceError(
        f"the catalogue {name}",
        expected="a PostgreSQL server that lets this user in",
        found=found,
        remedy="start it, or correct store.catalogue; a password is best kept in ~/.pgpass or PGPASSWORD",
    )


def _no_right(name: str, found: str) -> StateError:
    remedy = "let the database's owner be this user, or grant it what is missing"
    return StateError(f"cannot write {name}", expected="a database this user may write", found=found, remedy=remedy)


def _no_space(name: str, found: str) -> StateError:
    remedy = "make room there and run the command again; nothing was half-written"
    return StateError(f"cannot write {name}", expected="room on the server", found=found, remedy=remedy)


def _busy(name: str, found: str) -> StateError:
    expected, remedy = "other processes to finish writing in time", "wait a moment and run the command again"
    return StateError(f"{name} is busy", expected=expected, found=found, remedy=remedy)


def _too_long(name: str, found: str) -> RecordError:
    expected = "names and addresses of at most 2,700 bytes"
    return RecordError(f"{name} cannot store a text", expected=expected, found=found, remedy="shorten it")


# Our own SQL is fixed, so a table or column that is not there can only mean a damaged catalogue.
DAMAGE = ("XX", "42P01", "42703")
EXPLANATIONS: dict[str, Callable[[str, str], ShortlistError]] = {
    "08": unreachable,
    "28": unreachable,
    "3D": unreachable,
    "53100": _no_space,
    "53200": _no_space,
    "53": unreachable,  # too many connections
    "54000": _too_long,
    "25006": _no_right,  # a standby
    "42501": _no_right,
    "55P03": _busy,
    "57014": _busy,
    "57P": unreachable,
    "40": _busy,
    "58": _no_space,  # the server's disk
}
