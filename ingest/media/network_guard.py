"""A `YoutubeDL` limited to http and https, and to allowed addresses: the public ones, or all.

The guard checks the IP address of every connection, so a redirect, a feed or a host name that leads to a private
address is refused like that address itself. Proxies are disabled: the guard could not see the address behind one.
"""

from __future__ import annotations

import ipaddress
import socket
import urllib.request
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

from yt_dlp import YoutubeDL
from yt_dlp.networking import RequestDirector
from yt_dlp.networking import _urllib as urllib_handler

MAX_UNPACKED = 64_000_000  # bytes of a compressed response: pages and lists are compressed, recordings are not

# IANA's registries of special-purpose addresses, without the blocks that all of the internet reaches, and multicast.
SPECIAL_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
         "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
         "224.0.0.0/4", "240.0.0.0/4"),
    )
)  # fmt: skip
UNICAST_IPV6 = ipaddress.IPv6Network("2000::/3")  # the only block that is assigned for the internet
SPECIAL_IPV6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class PrivateAddress(OSError):
    """Raised for a host with no allowed address: by default, one with a private or loopback address."""


class ResponseTooLarge(OSError):
    """Raised for a compressed response of more than `MAX_UNPACKED` bytes after decompression."""


class GuardedYoutubeDL(YoutubeDL):  # type: ignore[misc]
    """A `YoutubeDL` that connects only to IP addresses for which `is_allowed` is True."""

    def __init__(self, params: dict[str, Any], is_allowed: Callable[[str], bool]) -> None:
        self._is_allowed = is_allowed
        super().__init__({**params, "proxy": ""})

    def build_request_director(self, handlers: Any, preferences: Any = None) -> RequestDirector:
        """Use the handler of this module only, whatever else is installed."""
        director = super().build_request_director([_GuardedRH], preferences)
        for handler in director.handlers.values():
            handler.is_allowed = self._is_allowed
        return director


class _Connections(urllib_handler.HTTPHandler):  # type: ignore[misc]
    """Connects only to addresses for which `is_allowed` is True.

    Limits decompression to `MAX_UNPACKED` bytes, because yt-dlp holds a whole compressed response in memory.
    """

    def __init__(self, is_allowed: Callable[[str], bool], context: Any) -> None:
        super().__init__(context=context)
        self._connect = partial(_connect, is_allowed)

    def _make_conn_class(self, base: Any, req: Any) -> Any:
        create_connection = self._connect

        class Guarded(base):  # type: ignore[misc]
            def connect(self) -> None:
                self._create_connection = create_connection
                super().connect()

        return Guarded

    def http_response(self, req: Any, resp: Any) -> Any:
        if resp.headers.get("Content-encoding"):
            read = resp.read
            resp.read = lambda *_: _check_size(read(MAX_UNPACKED + 1))
        return super().http_response(req, resp)

    https_response = http_response

    @staticmethod
    def gz(data: bytes) -> bytes:
        return _decompress(data, zlib.MAX_WBITS | 16)

    @staticmethod
    def deflate(data: bytes) -> bytes:
        try:
            return _decompress(data, -zlib.MAX_WBITS)
        except zlib.error:
            return _decompress(data, zlib.MAX_WBITS)


class _GuardedRH(urllib_handler.UrllibRH):  # type: ignore[misc]
    """Handles http and https, and none of urllib's other schemes."""

    _SUPPORTED_URL_SCHEMES = ("http", "https")
    is_allowed: Callable[[str], bool]

    def _create_instance(self, proxies: Any, cookiejar: Any, legacy_ssl_support: Any = None) -> Any:
        opener = urllib.request.OpenerDirector()
        context = self._make_sslcontext(legacy_ssl_support=legacy_ssl_support)
        for handler in (
            _Connections(self.is_allowed, context),
            urllib_handler.HTTPCookieProcessor(cookiejar),
            urllib_handler.UnknownHandler(),
            urllib_handler.HTTPDefaultErrorHandler(),
            urllib_handler.HTTPErrorProcessor(),
            urllib_handler.RedirectHandler(),
        ):
            opener.add_handler(handler)
        opener.addheaders = []
        return opener


def _decompress(data: bytes, window_bits: int) -> bytes:
    return _check_size(zlib.decompressobj(window_bits).decompress(data, MAX_UNPACKED + 1))


def _check_size(data: bytes) -> bytes:
    if len(data) > MAX_UNPACKED:
        raise ResponseTooLarge(f"more than {MAX_UNPACKED / 1e6:.0f} MB")
    return data


def _connect(
    is_allowed: Callable[[str], bool], address: tuple[str, int], timeout: Any = None, source_address: Any = None
) -> socket.socket:
    """Connect to the first allowed address of the host that accepts. Raises `PrivateAddress` or `OSError`."""
    failure: OSError = OSError(f"{address[0]} has no address")
    for family, kind, protocol, _, found in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        if not is_allowed(str(found[0])):
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


def any_address(_: str) -> bool:
    """Allow every address."""
    return True


def is_public(address: str) -> bool:
    """Return whether the IP `address` is public: of the internet, and in no block for special purposes.

    An IPv6 address that a gateway translates to an IPv4 address is public if that one is.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in block for block in SPECIAL_IPV4)
    if ip in NAT64:
        return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    ipv4 = ip.ipv4_mapped or ip.sixtofour
    if ipv4 is not None:
        return is_public(str(ipv4))
    return ip in UNICAST_IPV6 and not any(ip in block for block in SPECIAL_IPV6)
