"""A database on a PostgreSQL server. libpq completes the address from its environment and password file."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, create_engine
from sqlalchemy.dialects.postgresql import Insert, insert

from shortlist.core.errors import ConfigError, HomeLocked, ServiceError, ShortlistError
from shortlist.store.sql.database import Database
from shortlist.store.sql.postgres_errors import translate, unreachable

if TYPE_CHECKING:
    from psycopg import Connection

LOCKS = 0x53484C54  # the first key of our advisory locks; the second is one of these
WRITING, CONTENT = 1, 2
CONNECT_TIMEOUT_S = 10
NAME_LENGTH = 63  # bytes; PostgreSQL cuts longer names of sessions
IF_DAMAGED = "put back a backup of the database (pg_restore), or ingest again into an empty one"

HOLDER = """
    SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)
    WHERE locktype = 'advisory' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid = %s AND objid = %s
"""


class PostgresDatabase(Database):
    """The database at `url`, `postgresql://[user[:password]@][host][:port][/name][?parameters]`.

    Raises `ConfigError` for an invalid address, `ServiceError` if the driver is missing.
    """

    # A later transaction must not commit a lower event number, so writing transactions run one after the other.
    BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    BEGIN_WRITING = f"BEGIN; SET LOCAL lock_timeout = '30s'; SELECT pg_advisory_xact_lock({LOCKS}, {WRITING})"
    FIRST_READ = "SELECT 1"
    if_damaged = IF_DAMAGED

    def __init__(self, url: str) -> None:
        self._parameters = _parameters(url)
        self.name = _display_name(self._parameters)
        self._lock: Connection | None = None
        super().__init__(
            create_engine(
                "postgresql+psycopg://", creator=self._connect, pool_size=8, max_overflow=16, pool_pre_ping=True
            )
        )

    @contextmanager
    def exclusive(self, doing: str) -> Iterator[None]:
        """Hold an advisory lock in a separate session. PostgreSQL frees it when the process or the connection ends."""
        session = f"process {os.getpid()} on {socket.gethostname()} ({doing})".encode()[:NAME_LENGTH].decode(
            "utf-8", "ignore"
        )
        with self._errors():
            connection = self._connect()
        with connection:
            with self._errors():
                connection.execute("SELECT set_config('application_name', %s, false)", [session])
                connection.execute("SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10")
                if not _scalar(connection, "SELECT pg_try_advisory_lock(%s, %s)", LOCKS, CONTENT):
                    raise self._locked(_scalar(connection, HOLDER, LOCKS, CONTENT))
            self._lock = connection
            try:
                yield
            finally:
                self._lock = None
                with suppress(ServiceError), self._errors():  # a lost connection has freed the lock
                    connection.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCKS, CONTENT])

    def require_exclusive(self) -> None:
        """Query the session that holds the lock. Raises `ServiceError` if it is lost: another home may write then."""
        if self._lock is not None:
            with self._errors():
                self._lock.execute("SELECT 1")

    def backup(self, version: int) -> None:
        """Do nothing: back up the server with pg_dump."""

    def problems(self) -> list[str]:
        """Return nothing: PostgreSQL checks its data when it reads."""
        return []

    def insert(self, table: Table) -> Insert:
        """Return an INSERT in PostgreSQL's dialect."""
        return insert(table)

    def translate(self, error: BaseException) -> ShortlistError | None:
        """Look up PostgreSQL's error code."""
        return translate(error, self.name, IF_DAMAGED)

    def _connect(self) -> Connection:
        import psycopg

        connection = psycopg.connect(**self._parameters, autocommit=True)  # we send BEGIN ourselves
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            connection.close()
            raise ServiceError(
                f"the database {self.name}",
                expected="the encoding UTF8",
                found=encoding or "none",
                remedy="create one with `createdb --encoding UTF8 --template template0 NAME`",
            )
        return connection

    def _locked(self, holder: str | None) -> HomeLocked:
        return HomeLocked(
            f"the catalogue {self.name} is being written by another process",
            expected="one writer at a time",
            found=holder or "another process",
            remedy="wait until it has finished and run the command again",
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            raise self.translate(error) or unreachable(self.name, str(error)) from error


def _scalar(connection: Connection, query: str, *parameters: int) -> Any:
    row = connection.execute(query.encode(), parameters).fetchone()
    return row[0] if row else None


def _parameters(url: str) -> dict[str, Any]:
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise ServiceError(
            "the catalogue on PostgreSQL",
            expected="the package psycopg",
            found=str(error),
            remedy="run `pip install 'shortlist[postgres]'`",
        ) from error
    invalid = ConfigError(
        "setting store.catalogue",
        expected="an address as postgresql://user@host/database",
        found="another text",  # it may hold a password
        remedy="correct it; write special characters as %XX",
    )
    if not url.startswith(("postgresql://", "postgres://")):
        raise invalid
    try:
        parameters = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise invalid from error
    return {**_defaults(), **parameters}


def _defaults() -> Mapping[str, Any]:
    """Return our defaults, without those that libpq's environment sets."""
    from psycopg.pq import Conninfo

    known = {option.keyword: option.val for option in Conninfo.get_defaults()}
    return {} if known.get(b"connect_timeout") else {"connect_timeout": CONNECT_TIMEOUT_S}


def _display_name(parameters: Mapping[str, Any]) -> str:
    user, host, port, name = (parameters.get(key) for key in ("user", "host", "port", "dbname"))
    return f"postgresql://{f'{user}@' if user else ''}{host or ''}{f':{port}' if port else ''}/{name or ''}"
