"""Which addresses are public: all of IANA's special-purpose registries, row by row and in every spelling."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import pytest

from shortlist.ingest.media.network_guard import is_public

# Block and "Globally Reachable" of IANA's IPv4 and IPv6 Special-Purpose Address Registries; None is N/A there.
IANA: dict[str, bool | None] = {
    "0.0.0.0/8": False, "0.0.0.0/32": False, "10.0.0.0/8": False, "100.64.0.0/10": False, "127.0.0.0/8": False,
    "169.254.0.0/16": False, "172.16.0.0/12": False, "192.0.0.0/24": False, "192.0.0.0/29": False,
    "192.0.0.8/32": False, "192.0.0.9/32": True, "192.0.0.10/32": True, "192.0.0.170/32": False,
    "192.0.0.171/32": False, "192.0.2.0/24": False, "192.31.196.0/24": True, "192.52.193.0/24": True,
    "192.88.99.0/24": None, "192.88.99.2/32": False, "192.168.0.0/16": False, "192.175.48.0/24": True,
    "198.18.0.0/15": False, "198.51.100.0/24": False, "203.0.113.0/24": False, "240.0.0.0/4": False,
    "255.255.255.255/32": False,
    "::1/128": False, "::/128": False, "::ffff:0:0/96": False, "64:ff9b::/96": True, "64:ff9b:1::/48": False,
    "100::/64": False, "100:0:0:1::/64": False, "2001::/23": False, "2001::/32": None, "2001:1::1/128": True,
    "2001:1::2/128": True, "2001:1::3/128": True, "2001:2::/48": False, "2001:3::/32": True,
    "2001:4:112::/48": True, "2001:10::/28": None, "2001:20::/28": True, "2001:30::/28": True,
    "2001:db8::/32": False, "2002::/16": None, "2620:4f:8000::/48": True, "3fff::/20": False, "5f00::/16": False,
    "fc00::/7": False, "fe80::/10": False,
}  # fmt: skip
OTHERS = ("224.0.0.0/4", "ff00::/8", "fec0::/10", "::/96", "200::/7", "4000::/3", "e000::/4")  # not in them, not public

# Reachable by the registry, but in a block for protocols: an anycast address there is that of the nearest router.
PROTOCOLS = ("192.0.0.0/24", "2001::/23")
# The address is public if the IPv4 address in it is.
TRANSLATED = ("::ffff:0:0/96", "64:ff9b::/96", "2002::/16")
REACHABLE = tuple(block for block, reachable in IANA.items() if reachable)


def within(block: str, blocks: tuple[str, ...]) -> bool:
    return any(ip_network(block).subnet_of(one) for one in map(ip_network, blocks) if same_version(block, one))  # type: ignore[arg-type]


def same_version(block: str, other: IPv4Network | IPv6Network) -> bool:
    return ip_network(block).version == other.version


ACCEPTED = [block for block in REACHABLE if block not in TRANSLATED and not within(block, PROTOCOLS)]
REFUSED = [block for block in (*IANA, *OTHERS) if block not in (*TRANSLATED, *ACCEPTED)]
REFUSED_IPV4 = [block for block in REFUSED if ip_network(block).version == 4]
ACCEPTED_IPV4 = ["1.1.1.0/24", "93.184.215.14/32", *(block for block in ACCEPTED if ip_network(block).version == 4)]


def samples(block: str) -> list[IPv4Address | IPv6Address]:
    """The first, a middle and the last address."""
    network = ip_network(block)
    return [network[at] for at in sorted({0, network.num_addresses // 3, network.num_addresses - 1})]


def spellings(address: IPv4Address | IPv6Address) -> Iterator[str]:
    if isinstance(address, IPv4Address):
        octets, number = address.packed, int(address)
        yield from (str(address), str(number), hex(number), f"0{number:o}")
        yield ".".join(f"{one:#x}" for one in octets)
        yield ".".join(f"0{one:o}" for one in octets)
        yield f"{octets[0]}.{number & 0xFFFFFF}"
        yield f"{octets[0]}.{octets[1]:#x}.{number & 0xFFFF}"
        return
    yield from (str(address), address.exploded, str(address).upper(), f"{address}%1")
    head, last = ":".join(address.exploded.split(":")[:6]), IPv4Address(int(address) & 0xFFFFFFFF)
    yield from (f"{head}:{last}", f"{head.upper()}:{last}%1")


def resolved(spelling: str) -> set[str]:
    """What the system connects to for this spelling, as the guard is asked."""
    found = socket.getaddrinfo(spelling, 80, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return {str(one[4][0]) for one in found}


def carriers(address: IPv4Address) -> Iterator[tuple[str, bool]]:
    """IPv6 addresses that carry this IPv4 address, and whether one that carries a public address is public."""
    number = int(address)
    for prefix, public in (("::ffff:0:0", True), ("64:ff9b::", True), ("64:ff9b:1::", False), ("::", False)):
        yield str(IPv6Address(int(IPv6Address(prefix)) | number)), public
    for suffix in (0, 1, 0x8B2C):
        yield str(IPv6Address(0x2002 << 112 | number << 80 | suffix)), True
    yield str(IPv6Address(0x20010000 << 96 | number << 64 | 0x3FFF << 32 | number ^ 0xFFFFFFFF)), False  # Teredo


@pytest.mark.parametrize("block", REFUSED)
def test_a_special_block_is_refused_in_every_spelling(block: str) -> None:
    for address in samples(block):
        for spelling in spellings(address):
            assert not any(map(is_public, resolved(spelling))), spelling


@pytest.mark.parametrize("block", ACCEPTED)
def test_a_special_block_that_is_reachable_is_public(block: str) -> None:
    assert all(is_public(one) for address in samples(block) for one in resolved(str(address)))


@pytest.mark.parametrize("block", REFUSED_IPV4)
def test_no_ipv6_address_leads_to_a_special_ipv4_address(block: str) -> None:
    for address in samples(block):
        for carrier, _ in carriers(IPv4Address(address)):
            for spelling in spellings(IPv6Address(carrier)):
                assert not any(map(is_public, resolved(spelling))), spelling


@pytest.mark.parametrize("block", ACCEPTED_IPV4)
def test_a_translated_address_is_public_if_that_in_it_is(block: str) -> None:
    for address in samples(block):
        for carrier, public in carriers(IPv4Address(address)):
            assert is_public(carrier) is public, carrier


@pytest.mark.parametrize(
    "address",
    ["9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
     "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0",
     "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "223.255.255.255",
     "2000::1", "2001:200::", "2001:db7:ffff::", "2001:db9::", "2003::", "3ffe:ffff::", "3fff:1000::",
     "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2606:4700::1111%1"],
)  # fmt: skip
def test_the_addresses_around_them_are_public(address: str) -> None:
    assert is_public(address)
