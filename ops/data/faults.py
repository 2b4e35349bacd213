"""Tell the fault of one file, which fails alone, from that of the machine, which stops the run."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shortlist.core.errors import ConfigError, ShortlistError, StateError, UsageError, one_line
from shortlist.store.sql.sqlite_errors import no_space, os_error

OF_THE_SYSTEM = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ESTALE}
)
LEAST_SPACE = 1_000_000  # bytes; libraries report a full disk in many ways
LONGEST = 500  # characters of a reason


def is_of_the_file(error: Exception, home: Path) -> bool:
    """Return whether only the file in work is to blame, and not the machine, the home, a model, a server or a setting.

    An error of no known kind is the file's: a parser met something that nobody thought of. On a full disk it is not.
    """
    if isinstance(error, ConfigError | MemoryError | ImportError):
        return False
    if isinstance(error, ShortlistError):
        return isinstance(error, UsageError)
    if isinstance(error, OSError) and error.errno in OF_THE_SYSTEM:
        return False
    return shutil.disk_usage(home).free >= LEAST_SPACE


def one_reason(error: Exception) -> str:
    """Return an error as a reason on one line."""
    if isinstance(error, ShortlistError):
        return str(error)
    text = one_line(f"{type(error).__name__}: {error}").encode(errors="replace").decode()
    return f"unexpected error: {text}"[:LONGEST]


@contextmanager
def system_errors(home: Path) -> Iterator[None]:
    """Raise a `StateError` that says what to do for errors of the machine: a full disk, too little memory."""
    try:
        yield
    except ShortlistError:
        raise
    except MemoryError as error:
        remedy = "free some memory and run the command again; nothing is lost"
        raise StateError("no memory is left", expected="500 MB", found="less", remedy=remedy) from error
    except OSError as error:
        raise os_error(Path(error.filename) if isinstance(error.filename, str) else home, error) from error
    except Exception as error:
        if shutil.disk_usage(home).free < LEAST_SPACE:
            raise no_space(home, one_reason(error)) from error
        raise
