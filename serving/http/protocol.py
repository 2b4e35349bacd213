"""One connection: uvicorn's HTTP protocol with bounds on the head of a request, on waiting and on open connections."""

from __future__ import annotations

import resource
from asyncio import TimerHandle
from collections import Counter
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 65_536  # of the address and all headers of a request
HEADERS = 100


class Connections:
    """The open connections of one process: at most `most`, and at most `most_per_client` of one address.

    One more takes the place of the connection that has been idle longest, or is refused if none is idle.
    """

    def __init__(self, most: int, most_per_client: int) -> None:
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = max(1, min(most, descriptors // 2))  # the other half is for the home's files
        self._most_per_client = most_per_client
        self._clients: Counter[str] = Counter()
        self._open: dict[BoundedProtocol, str] = {}  # those idle longest first

    def admit(self, one: BoundedProtocol) -> bool:
        """Whether `one` may stay open."""
        client = one.client[0] if one.client else ""
        if self._clients[client] >= self._most_per_client and not self._close_idle(client):
            return False
        if len(self._open) >= self._most and not self._close_idle(None):
            return False
        self._open[one] = client
        self._clients[client] += 1
        return True

    def answered(self, one: BoundedProtocol) -> None:
        """`one` is idle from now on."""
        if one in self._open:
            self._open[one] = self._open.pop(one)

    def leave(self, one: BoundedProtocol) -> None:
        """`one` is closed."""
        client = self._open.pop(one, None)
        if client is not None:
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]

    def _close_idle(self, client: str | None) -> bool:
        for one, address in self._open.items():
            if one.idle and client in {None, address}:
                self.leave(one)
                one.transport.abort()
                return True
        return False


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with bounds that it does not have.

    A head of more than `HEAD_BYTES` or `HEADERS` is answered with 431 while it comes. A connection is closed if the
    head of its next request is not complete after `seconds`, or if its client reads nothing of an answer for as long.
    `connections` are those of the process.
    """

    def __init__(self, seconds: float, connections: Connections, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._seconds = seconds
        self._connections = connections
        self._head_timer: TimerHandle | None = None
        self._write_timer: TimerHandle | None = None
        self._head_bytes = 0
        self._pending_bytes = 0  # received since a head or a piece of a body was complete: the parser keeps them
        self._head_too_large = False

    @property
    def idle(self) -> bool:
        """Whether no request is being answered."""
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
        self._connections.leave(self)
        _cancel(self._head_timer)
        _cancel(self._write_timer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._pending_bytes += len(data)
        super().data_received(data)
        if self._pending_bytes > HEAD_BYTES and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._head_bytes = self._pending_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Called by the parser, for each piece. Raises `ValueError`, as `on_header`, which ends the parsing."""
        super().on_url(url)
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser, also for what follows a body in chunks."""
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
        """Called by a cycle, uvicorn's name for one request and its answer."""
        super().on_response_complete()
        self._connections.answered(self)
        self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        """Called when the parser fails."""
        if self._head_too_large:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`: the client does not read."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(self._seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        _cancel(self._write_timer)
        super().resume_writing()

    def _count_head(self, more: int) -> None:
        self._head_bytes += more
        if self._head_bytes > HEAD_BYTES or len(self.headers) > HEADERS:
            self._head_too_large = True
            raise ValueError("the head of the request is too large")

    def _refuse(self, status: HTTPStatus) -> None:
        if self.idle:
            head = f"HTTP/1.1 {status} {status.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(head.encode())
            self.transport.close()
        else:  # an answer is being written
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
