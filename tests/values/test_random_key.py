"""What a sender chose as a key is taken for random only when it looks like 128 random bits (threats L05)."""

from __future__ import annotations

import base64
import random
import string
import uuid
from collections.abc import Callable

import pytest

from wizard.values.random_key import is_random_key

BASE62 = string.ascii_letters + string.digits

MADE: dict[str, Callable[[bytes], str]] = {
    "32 hex digits": lambda octets: octets.hex(),
    "64 hex digits": lambda octets: random.Random(octets).randbytes(32).hex(),
    "a UUID of version 4": lambda octets: str(uuid.UUID(bytes=octets, version=4)),
    "the same in capitals": lambda octets: str(uuid.UUID(bytes=octets, version=4)).upper(),
    "the same without hyphens": lambda octets: uuid.UUID(bytes=octets, version=4).hex,
    "base 64": lambda octets: base64.b64encode(octets).decode(),
    "base 64 for addresses": lambda octets: base64.urlsafe_b64encode(octets).decode().rstrip("="),
    "base 62": lambda octets: "".join(random.Random(octets).choices(BASE62, k=24)),
    "base 32": lambda octets: "".join(random.Random(octets).choices(string.ascii_lowercase + string.digits, k=26)),
}


@pytest.mark.parametrize("kind", MADE)
def test_random_keys_as_programs_make_them_are_random(kind: str) -> None:
    """A few in a thousand look like something else by chance, and only count together with their sender."""
    dice = random.Random(20)
    taken = sum(is_random_key(MADE[kind](dice.randbytes(16))) for _ in range(2000))
    assert taken >= 1970


@pytest.mark.parametrize(
    "key",
    [
        *("order-4711", "order-4711-report", "ann@firm.example", "short-id", "x" * 64, "1" * 32, "0" * 32),
        *("00000000-0000-0000-0000-000000000000", "00000000-0000-4000-8000-000000000001"),
        *("12345678-1234-4234-8234-123456789012", "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"),
        *("0123456789abcdef0123456789abcdef", "deadbeef" * 4, "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "abc123" * 6),
        *(
            "20261128120000000000000000000042",
            "2026-11-28T12:00:00.000000Z/client-42",
            "31415926535897932384626433832795",
        ),
        *("Order-2026-11-28-Client-Ivanov-42", "Order20261128ClientIvanov42Retry3"),
        *("TheQuickBrownFoxJumpsOverTheLazyDog", "the-quick-brown-fox-jumps-over-the-lazy-dog"),
        *(
            "thequickbrownfoxjumpsoverthelazydog",
            "Idempotency-Key-For-Report-Number-1",
            "site_down_for_Detal36_on_Monday",
        ),
        *("qwertyuiopasdfghjklzxcvbnm123456", "AbCdEfGhIjKlMnOpQrStUvWxYz", string.ascii_letters, "Заявка" * 8),
        # Random, but of fewer bits: 31 digits, 21 signs, a part of a UUID.
        *("8e03978e40d543ddbc936894a57f932", "V1StGXR8_Z5jdHi6B-myT", "8e03978e-40d5-43dd-bc93"),
    ],
)
def test_what_people_count_up_or_write_out_is_not_random(key: str) -> None:
    assert not is_random_key(key)


@pytest.mark.parametrize(
    "key",
    [
        "a6eb5742-eb2c-11f1-aadf-02fc00000001",
        str(uuid.uuid3(uuid.NAMESPACE_DNS, "desk.example")),
        str(uuid.uuid5(uuid.NAMESPACE_DNS, "desk.example")),
        "019ac9f0-7c1e-7f3a-9b5d-2e8c4a6f1d07",
        "019ac9f07c1e7f3a9b5d2e8c4a6f1d07",
        "01KB5Z0Z3YF3A9B5D2E8C4A6F1",
    ],
)
def test_ids_made_of_times_and_names_are_not_random(key: str) -> None:
    assert not is_random_key(key)
