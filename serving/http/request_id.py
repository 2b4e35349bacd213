"""The id of the request being answered: in its response, and in every log line that is written for it."""

from __future__ import annotations

import logging
import re
import uuid
from contextvars import ContextVar

from shortlist.core.log import FORMAT

HEADER = "x-request-id"
PLAIN = re.compile(r"[A-Za-z0-9._:-]{1,64}")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def chosen(given: str | None) -> str:
    """The caller's own id where it is a plain one, else a new one."""
    return given if given and PLAIN.fullmatch(given) else uuid.uuid4().hex


def log_request_ids() -> None:
    """Let the handlers of the root logger write the id in every line; "-" outside of requests."""
    formatter = logging.Formatter(FORMAT.replace(": %(message)s", " [%(request_id)s]: %(message)s"))
    for handler in logging.getLogger().handlers:
        handler.addFilter(_add)
        handler.setFormatter(formatter)


def _add(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get() or "-"
    return True
