"""Connections on which no request comes in time are closed: half a request line reaches no application."""

from __future__ import annotations

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol


class Prompt(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's own protocol, with `seconds` from the connection, or an answer, to the end of the next request's head.

    uvicorn's own limit between requests ends with the first byte of one.
    """

    def __init__(self, seconds: float, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._seconds = seconds
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._wait_no_more()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Called by a cycle, uvicorn's name for one request and its answer."""
        super().on_response_complete()
        self._wait()

    def _wait(self) -> None:
        self._wait_no_more()
        self._timer = self.loop.call_later(self._seconds, self._close_unless_begun)

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _close_unless_begun(self) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering and not self.transport.is_closing():
            self.transport.close()
