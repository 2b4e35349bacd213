"""Translate PostgreSQL errors to ours: a table from error codes to messages with a remedy."""

from __future__ import annotations

from collections.abc import Callable

from shortlist.core.errors import HomeDamaged, RecordError, ServiceError, ShortlistError, StateError


def translate(error: BaseException, name: str, if_damaged: str) -> ShortlistError | None:
    """Return our error for an `error` of the database `name`; None if it can only be a bug of ours."""
    import psycopg

    if not isinstance(error, psycopg.Error):
        return None
    code, message = error.sqlstate, " ".join(str(error).split())
    if code is None:  # the server did not answer, or could not be reached
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return unreachable(name, message) if lost else None
    if code.startswith(DAMAGE):
        return HomeDamaged(f"{name} is damaged", expected="a catalogue of Shortlist", found=message, remedy=if_damaged)
    return next((explain(name, message) for start, explain in EXPLANATIONS.items() if code.startswith(start)), None)


def unreachable(name: str, found: str) -> ServiceError:
    """Return the error for a server that does not answer or refuses the connection."""
    return ServiceError(
        f"the catalogue {name}",
        expected="a PostgreSQL server that accepts this user",
        found=found,
        remedy="start it, or correct store.catalogue; put the password in ~/.pgpass or PGPASSWORD",
    )


def _not_permitted(name: str, found: str) -> StateError:
    remedy = "make this user the owner of the database, or grant the missing rights"
    return StateError(f"cannot write {name}", expected="a database this user may write", found=found, remedy=remedy)


def _no_space(name: str, found: str) -> StateError:
    remedy = "free some space there and run the command again; nothing was half-written"
    return StateError(f"cannot write {name}", expected="free space on the server", found=found, remedy=remedy)


def _busy(name: str, found: str) -> StateError:
    expected, remedy = "other processes to finish writing in time", "wait a moment and run the command again"
    return StateError(f"{name} is busy", expected=expected, found=found, remedy=remedy)


def _too_long(name: str, found: str) -> RecordError:
    expected = "names and addresses of at most 2,700 bytes"
    return RecordError(f"{name} cannot store a text", expected=expected, found=found, remedy="shorten it")


# Our SQL is fixed, so a missing table or column can only mean a damaged catalogue.
DAMAGE = ("XX", "42P01", "42703")
EXPLANATIONS: dict[str, Callable[[str, str], ShortlistError]] = {
    "08": unreachable,
    "28": unreachable,
    "3D": unreachable,
    "53100": _no_space,
    "53200": _no_space,
    "53": unreachable,  # too many connections
    "54000": _too_long,
    "25006": _not_permitted,  # a standby
    "42501": _not_permitted,
    "55P03": _busy,
    "57014": _busy,
    "57P": unreachable,
    "40": _busy,
    "58": _no_space,  # the server's disk
}
