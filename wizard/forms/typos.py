"""Slips of the finger in the domains of well-known mail providers: a warning, never an error (ux.md, point 4)."""

from __future__ import annotations

KNOWN = (
    "gmail.com",
    "yandex.ru",
    "rambler.ru",
    "inbox.ru",
    "outlook.com",
    "hotmail.com",
    "icloud.com",
    "yahoo.com",
    "googlemail.com",
    "protonmail.com",
)
_OWN = frozenset({"email.com", "ymail.com", "yandex.by", "yandex.com"})
# Names so short that one letter away there are others just as good: only these slips are told.
_NAMED = {
    "gmail.ru": "gmail.com",
    **dict.fromkeys(("mial.ru", "maill.ru", "mail.ry", "mail.tu", "mail.r", "mailru", "meil.ru"), "mail.ru"),
}


def likely_address(address: str) -> str | None:
    """The address that was probably meant, or None when the domain is as good as any."""
    local, _, domain = address.rpartition("@")
    domain = domain.lower()
    if not local or domain in KNOWN or domain in _OWN:
        return None
    meant = _NAMED.get(domain) or next((known for known in KNOWN if is_one_slip(domain, known)), None)
    return f"{local}@{meant}" if meant else None


def is_one_slip(typed: str, meant: str) -> bool:
    """Whether one letter is missing, added, wrong or swapped with the next."""
    if abs(len(typed) - len(meant)) > 1 or typed == meant:
        return False
    start = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    left, right = typed[start:], meant[start:]
    swapped = left[:2] == right[1::-1] and len(left) > 1 and left[2:] == right[2:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or swapped
