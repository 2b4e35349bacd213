"""The id of the current request, which is in its response and in its log lines."""

from __future__ import annotations

import logging
import re
import uuid
from contextvars import ContextVar

from shortlist.core.log import FORMAT

HEADER = "x-request-id"
VALID_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def request_id_for(header: str | None) -> str:
    """Return the id that the client sent in `header`, or a new one if it is missing or malformed."""
    return header if header and VALID_ID.fullmatch(header) else uuid.uuid4().hex


def log_request_ids() -> None:
    """Make the handlers of the root logger write the request id in every line; "-" outside of requests."""
    formatter = logging.Formatter(FORMAT.replace(": %(message)s", " [%(request_id)s]: %(message)s"))
    for handler in logging.getLogger().handlers:
        handler.addFilter(_add_request_id)
        handler.setFormatter(formatter)


def _add_request_id(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get() or "-"
    return True
