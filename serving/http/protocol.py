"""uvicorn's HTTP protocol with limits on request heads, idle time and open connections."""

from __future__ import annotations

import resource
from asyncio import TimerHandle
from collections import Counter
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 65_536  # of the URL and all headers of a request
MAX_HEADERS = 100


class Connections:
    """The open connections of one process: at most `limit`, and at most `limit_per_client` of one address.

    A new connection beyond a limit replaces the one that has been idle longest, or is refused if none is idle.
    """

    def __init__(self, limit: int, limit_per_client: int) -> None:
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._limit = max(1, min(limit, descriptors // 2))  # the other half is for the files of the home
        self._limit_per_client = limit_per_client
        self._clients: Counter[str] = Counter()
        self._open: dict[BoundedProtocol, str] = {}  # idle longest first

    def admit(self, connection: BoundedProtocol) -> bool:
        """Register a new connection. Return whether it may stay open."""
        client = connection.client[0] if connection.client else ""
        if self._clients[client] >= self._limit_per_client and not self._close_idle(client):
            return False
        if len(self._open) >= self._limit and not self._close_idle(None):
            return False
        self._open[connection] = client
        self._clients[client] += 1
        return True

    def mark_idle(self, connection: BoundedProtocol) -> None:
        """Register that a connection has finished its response."""
        if connection in self._open:
            self._open[connection] = self._open.pop(connection)

    def remove(self, connection: BoundedProtocol) -> None:
        """Forget a closed connection."""
        client = self._open.pop(connection, None)
        if client is not None:
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]

    def _close_idle(self, client: str | None) -> bool:
        for connection, address in self._open.items():
            if connection.idle and client in {None, address}:
                self.remove(connection)
                connection.transport.abort()
                return True
        return False


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits that it lacks.

    A head of more than `MAX_HEAD_BYTES` or `MAX_HEADERS` is answered with 431 as soon as it exceeds the limit. A
    connection is closed if the head of its next request is not complete after `seconds`, or if its client has read
    nothing of a response for as long. All protocols of a process share one `connections`.
    """

    def __init__(self, seconds: float, connections: Connections, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seconds = seconds
        self._connections = connections
        self._head_timer: TimerHandle | None = None
        self._write_timer: TimerHandle | None = None
        self._head_bytes = 0
        self._pending_bytes = 0  # buffered by the parser, which has not completed a head or a piece of a body
        self._head_too_large = False

    @property
    def idle(self) -> bool:
        """True while no request is being handled."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: Any) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        if self._connections.admit(self):
            self._wait_for_head()
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._connections.remove(self)
        _cancel(self._head_timer)
        _cancel(self._write_timer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._pending_bytes += len(data)
        super().data_received(data)
        if self._pending_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._head_bytes = self._pending_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Called by the parser for each piece of the URL. Like `on_header`, raises `ValueError` to stop the parser."""
        super().on_url(url)
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser for each header, and for each trailer after a chunked body."""
        super().on_header(name, value)
        self._count_head(len(name) + len(value))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._pending_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._pending_bytes = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        """Called by uvicorn at the end of a request-response cycle."""
        super().on_response_complete()
        self._connections.mark_idle(self)
        self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        """Called when the parser fails."""
        if self._head_too_large:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        """Called while the client does not read. See `asyncio.Protocol`."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(self._seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        _cancel(self._write_timer)
        super().resume_writing()

    def _count_head(self, n_bytes: int) -> None:
        self._head_bytes += n_bytes
        if self._head_bytes > MAX_HEAD_BYTES or len(self.headers) > MAX_HEADERS:
            self._head_too_large = True
            raise ValueError("the head of the request is too large")

    def _refuse(self, status: HTTPStatus) -> None:
        if self.idle:
            head = f"HTTP/1.1 {status} {status.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(head.encode())
            self.transport.close()
        else:  # a response is being written
            self.transport.abort()

    def _wait_for_head(self) -> None:
        _cancel(self._head_timer)
        self._head_timer = self.loop.call_later(self._seconds, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if self.idle and not self.transport.is_closing():
            self.transport.close()


def _cancel(timer: TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
