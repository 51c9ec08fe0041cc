"""One table of what is not the public Internet: for clients' addresses, the SSRF guard, loopback (W08, W09, W18)."""

from __future__ import annotations

import pytest

from wizard.values.invalid import InvalidAnswer
from wizard.values.ip import is_loopback, is_public, network_of, parse_ip, read_address


def listed(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


PRIVATE = listed(
    """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.1.2.3
    127.255.255.255 168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1
    192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1
    224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:8.8.8.8
    ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::8.8.8.8 64:ff9b::a9fe:a9fe
    64:ff9b:1::10.0.0.1 100::1 2001::1 2001:0:7f00:1::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1
    2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fd20:ce::254 fdff::1 fe80::1 fe80::1%eth0 fe80::1%1
    fec0::1 ff02::1 ff0e::1 127.0.0.1.example 0x7f000001 2130706433 127.1 localhost
    """
)

PUBLIC = listed(
    """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 168.63.129.15
    169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.1 192.167.255.255 192.169.0.0
    198.17.255.255 198.20.0.0 223.255.255.255 2001:200::1 2001:4860:4860::8888 2003::1 2606:4700:4700::1111
    2a00:1450::1 3ffe::1 192.31.196.1 192.52.193.1 192.175.48.1 2620:4f:8000::1
    """
)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_the_public_internet_is_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_may_be_called_a_client_may_have(address: str) -> None:
    assert parse_ip(address) == address


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("192.0.0.192", "inner"),
        ("fec0::1", "inner"),
        ("2001::1", "inner"),
        ("0.0.0.0", "own"),
        ("0.0.0.1", "inner"),
        ("::127.0.0.1", "special"),
        ("64:ff9b::8.8.8.8", "special"),
        ("255.255.255.255", "special"),
        ("ff02::1", "special"),
    ],
)
def test_what_no_client_is_seen_with_is_named(address: str, why: str) -> None:
    with pytest.raises(InvalidAnswer) as refused:
        parse_ip(address)
    assert refused.value.key == f"forms.ip.{why}"


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "3fff::1", "2002:808:808::1", "192.88.99.1"])
def test_what_examples_and_relays_have_is_taken_and_never_called(address: str) -> None:
    assert parse_ip(address) == address
    assert not is_public(address)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" 203.0.113.25 ", "203.0.113.25"),
        ("203.0.113.25:443", "203.0.113.25"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("::ffff:203.0.113.25", "203.0.113.25"),
        ("203.0.113.25:port", "None"),
        ("[2001:db8::1", "None"),
        ("2001:db8::1]", "None"),
        ("1" * 100_000, "None"),
        ("", "None"),
    ],
)
def test_an_address_is_read_without_port_and_brackets(text: str, address: str) -> None:
    assert str(read_address(text)) == address


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_a_loopback_is_known_by_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "127.0.0.1.example", "localhost.example", "192.168.0.1", "2130706433"]
)
def test_nothing_else_is_a_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_whoever_changes_the_address_within_a_network_counts_once() -> None:
    assert network_of("203.0.113.25") == "203.0.113.25/32"
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of(None) == "unknown"
