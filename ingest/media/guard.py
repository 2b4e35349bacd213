"""yt-dlp that talks http and https only, and to public addresses only.

What is checked is the address that a connection is really made to, for every connection: a redirect, a feed or a name
that resolves to a machine of one's own is refused like the same thing written down. Proxies are not used: behind one,
nothing could be checked.
"""

from __future__ import annotations

import ipaddress
import socket
import urllib.request
import zlib
from typing import Any

from yt_dlp import YoutubeDL
from yt_dlp.networking import RequestDirector
from yt_dlp.networking import _urllib as ours

UNPACKED = 64_000_000  # bytes of a compressed answer: pages and lists are compressed, recordings are not


class PrivateAddress(OSError):
    """A host has a private or loopback address."""


class AnswerTooLarge(OSError):
    """A compressed answer is larger than `UNPACKED` bytes when it is unpacked."""


class GuardedYoutubeDL(YoutubeDL):  # type: ignore[misc]
    """A `YoutubeDL` whose every request goes through the guard unless `allow_private`."""

    def __init__(self, params: dict[str, Any], allow_private: bool) -> None:
        self._allow_private = allow_private
        super().__init__({**params, "proxy": ""})

    def build_request_director(self, handlers: Any, preferences: Any = None) -> RequestDirector:
        """Only our handler, whatever else is installed."""
        chosen = _OurRH if self._allow_private else _GuardedRH
        return super().build_request_director([chosen], preferences)


class _Connections(ours.HTTPHandler):  # type: ignore[misc]
    """Unpacks no more than `UNPACKED`: yt-dlp would hold a whole compressed answer in memory, whatever its size."""

    def http_response(self, req: Any, resp: Any) -> Any:
        if resp.headers.get("Content-encoding"):
            read = resp.read
            resp.read = lambda *_: _at_most(read(UNPACKED + 1))
        return super().http_response(req, resp)

    https_response = http_response

    @staticmethod
    def gz(data: bytes) -> bytes:
        return _unpacked(data, zlib.MAX_WBITS | 16)

    @staticmethod
    def deflate(data: bytes) -> bytes:
        try:
            return _unpacked(data, -zlib.MAX_WBITS)
        except zlib.error:
            return _unpacked(data, zlib.MAX_WBITS)


class _OurRH(ours.UrllibRH):  # type: ignore[misc]
    """http and https, without the other schemes that urllib knows."""

    _SUPPORTED_URL_SCHEMES = ("http", "https")
    http_handler = _Connections

    def _create_instance(self, proxies: Any, cookiejar: Any, legacy_ssl_support: Any = None) -> Any:
        opener = urllib.request.OpenerDirector()
        context = self._make_sslcontext(legacy_ssl_support=legacy_ssl_support)
        for handler in (
            self.http_handler(context=context),
            ours.HTTPCookieProcessor(cookiejar),
            ours.UnknownHandler(),
            ours.HTTPDefaultErrorHandler(),
            ours.HTTPErrorProcessor(),
            ours.RedirectHandler(),
        ):
            opener.add_handler(handler)
        opener.addheaders = []
        return opener


class _GuardedConnections(_Connections):
    @staticmethod
    def _make_conn_class(base: Any, req: Any) -> Any:
        class Guarded(base):  # type: ignore[misc]
            def connect(self) -> None:
                self._create_connection = _connect
                super().connect()

        return Guarded


class _GuardedRH(_OurRH):
    http_handler = _GuardedConnections


def _unpacked(data: bytes, form: int) -> bytes:
    return _at_most(zlib.decompressobj(form).decompress(data, UNPACKED + 1))


def _at_most(data: bytes) -> bytes:
    if len(data) > UNPACKED:
        raise AnswerTooLarge(f"more than {UNPACKED / 1e6:.0f} MB")
    return data


def _connect(address: tuple[str, int], timeout: Any = None, source_address: Any = None) -> socket.socket:
    """A connection to the first public address of the host that answers."""
    failure: OSError = OSError(f"{address[0]} has no address")
    for family, kind, protocol, _, found in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        if not is_public(str(found[0])):
            failure = PrivateAddress(f"{address[0]} ({found[0]})")
            continue
        connection = socket.socket(family, kind, protocol)
        try:
            if isinstance(timeout, int | float):
                connection.settimeout(timeout)
            connection.connect(found)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


def is_public(address: str) -> bool:
    """Whether the IP `address` belongs to the internet, and to no machine or network of one's own."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast
