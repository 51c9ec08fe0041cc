"""IP addresses as people give them, told apart from those that mean nothing outside of their own network."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from wizard.values.invalid import InvalidAnswer

Address = IPv4Address | IPv6Address

# RFC 5737, RFC 3849 and RFC 9637: meant for documentation, hence the addresses of every example here.
_DOCUMENTATION = (
    IPv4Network("192.0.2.0/24"),
    IPv4Network("198.51.100.0/24"),
    IPv4Network("203.0.113.0/24"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),
)
_LONGEST = 60
_WITH_PORT = re.compile(r"(\d+\.\d+\.\d+\.\d+):\d{1,5}")
_IN_BRACKETS = re.compile(r"\[([^\[\]]+)\](?::\d{1,5})?")


def parse_ip(text: str) -> str:
    """A public IPv4 or IPv6 address in its shortest form; a port and brackets around it are left out.

    Raises:
        InvalidAnswer: it is no address, or one that is not seen from outside; the message names which.
    """
    address = _parse(text.strip(" .,;"))
    if not any(address in network for network in _DOCUMENTATION if network.version == address.version):
        _refuse_inner(address)
    return str(address)


def _parse(text: str) -> Address:
    if match := _WITH_PORT.fullmatch(text) or _IN_BRACKETS.fullmatch(text):
        text = match[1]
    if re.fullmatch(r"\d+(?:,\d+){3}", text):
        text = text.replace(",", ".")
    try:
        if len(text) > _LONGEST:
            raise ValueError("too long for an address")
        address = ip_address(text)
    except ValueError:
        raise InvalidAnswer("forms.ip.wrong") from None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _refuse_inner(address: Address) -> None:
    if address.is_loopback or address.is_unspecified:
        raise InvalidAnswer("forms.ip.own", address=address)
    if address.is_multicast or address.is_reserved:
        raise InvalidAnswer("forms.ip.special", address=address)
    if not address.is_global:
        raise InvalidAnswer("forms.ip.inner", address=address)
