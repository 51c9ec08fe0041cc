"""IP addresses: one parser, and one table of what is not the public Internet, which the SSRF guard asks (threats W08,
W09, W18).

The networks are those of IANA's special-purpose registries, written out: what Python's ``is_global`` says of them
changed from one release to the next.
"""

from __future__ import annotations

import re
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from wizard.values.invalid import InvalidAnswer

Address = IPv4Address | IPv6Address


class Kind(Enum):
    """Why an address is not simply somebody's place in the public Internet; the values name texts of the form."""

    OWN = "own"
    """The machine itself."""
    INNER = "inner"
    """Of somebody's own network."""
    SPECIAL = "special"
    """Given out to nobody: multicast, reserved, carrying an IPv4 address inside an IPv6 one."""
    DOCUMENTATION = "documentation"
    """RFC 5737, RFC 3849 and RFC 9637; hence the addresses of every example here."""
    RELAYED = "relayed"
    """A client may be seen with it, but a call to it ends somewhere else: 6to4, one cloud's own services."""


_NETWORKS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Kind.OWN, ("0.0.0.0/32", "127.0.0.0/8", "::/128", "::1/128")),
    (
        Kind.INNER,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # behind a provider's NAT; metadata of one cloud
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; metadata of one cloud
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "2001::/23",  # protocol assignments, Teredo among them
            "fc00::/7",  # unique local
            "fe80::/10",  # link-local
            "fec0::/10",  # site-local
        ),
    ),
    (Kind.SPECIAL, ("224.0.0.0/4", "240.0.0.0/4")),  # multicast; reserved, and broadcast
    (Kind.DOCUMENTATION, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")),
    (Kind.RELAYED, ("168.63.129.16/32", "192.88.99.0/24", "2002::/16")),
)
_KINDS: tuple[tuple[IPv4Network | IPv6Network, Kind], ...] = tuple(
    (ip_network(network), kind) for kind, networks in _NETWORKS for network in networks
)
_GIVEN_OUT_IPV6 = IPv6Network("2000::/3")
"""All that is given out. Mapped, NAT64 and multicast addresses lie outside."""

_MAX_LENGTH = 60
_WITH_PORT = re.compile(r"(\d+\.\d+\.\d+\.\d+):\d{1,5}")
_IN_BRACKETS = re.compile(r"\[([^\[\]]+)\](?::\d{1,5})?")


def read_address(text: str) -> Address | None:
    """An address as programs write it, less a port and brackets; None for anything else.

    ``203.0.113.25``, ``203.0.113.25:443``, ``[2001:db8::1]:443``; an IPv4 address in an IPv6 one is the former.
    """
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        return None
    if match := _WITH_PORT.fullmatch(text) or _IN_BRACKETS.fullmatch(text):
        text = match[1]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def is_ip(text: str) -> bool:
    """Whether it is an address and nothing else, as it stands for a host in a web address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def parse_ip(text: str) -> str:
    """A client's public address, as typed, in its shortest form; a port and brackets around it are left out.

    Raises:
        InvalidAnswer: it is no address, or one that is not seen from outside; the message names which.
    """
    text = text.strip(" .,;")
    if re.fullmatch(r"\d+(?:,\d+){3}", text):
        text = text.replace(",", ".")
    address = read_address(text)
    if address is None:
        raise InvalidAnswer("forms.ip.wrong")
    kind = _kind_of(address)
    if kind in (Kind.OWN, Kind.INNER, Kind.SPECIAL):
        raise InvalidAnswer(f"forms.ip.{kind.value}", address=address)
    return str(address)


def is_public(address: str) -> bool:
    """Whether an address, as a resolver writes it, is one of the public Internet, so that it may be called (SSRF).

    An address that carries an IPv4 address inside an IPv6 one is refused whole.
    """
    try:
        return _kind_of(ip_address(address)) is None
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host, by its name or its address, is this machine's loopback."""
    if host == "localhost":
        return True
    address = read_address(host)
    # Not all of ``Kind.OWN``: on 0.0.0.0 the calls of everybody arrive.
    return address is not None and address.is_loopback


def network_of(ip: str | None) -> str:
    """The network that a rate limit counts: an IPv4 address, or an IPv6 /64, as anybody may change within it (W09)."""
    if ip is None:
        return "unknown"
    address = ip_address(ip)
    return str(ip_network(f"{address}/{32 if address.version == 4 else 64}", strict=False))


def _kind_of(address: Address) -> Kind | None:
    for network, kind in _KINDS:
        if network.version == address.version and address in network:
            return kind
    return Kind.SPECIAL if isinstance(address, IPv6Address) and address not in _GIVEN_OUT_IPV6 else None
