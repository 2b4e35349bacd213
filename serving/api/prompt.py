"""Connections on which no request begins in time are closed: half a request line reaches no application."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol


class Prompt(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's own protocol, with `seconds` from the connection to the end of its first request's head."""

    def __init__(self, seconds: float, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._seconds = seconds

    def connection_made(self, transport: Any) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self.loop.call_later(self._seconds, self._close_unless_begun)

    def _close_unless_begun(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()
