"""What pages carry is signed with SHA-256; what a former version signed is read for as long as it was good."""

from __future__ import annotations

import base64
import hmac
import time
from hashlib import sha1, sha256

import pytest
from installation import Installation
from itsdangerous import BadSignature, URLSafeTimedSerializer

from wizard.values.signing import serializer
from wizard.web import form_token

KEYS = ["an old key of the installation", "the key of the installation"]
SIGNATURE = 43
"""Letters of base 64 for 256 bits."""


def test_a_signature_is_an_hmac_with_sha_256() -> None:
    signed = str(serializer(KEYS, "purpose").dumps("text"))
    value, _, signature = signed.rpartition(".")
    key = sha256(b"purposesigner" + KEYS[-1].encode()).digest()
    expected = base64.urlsafe_b64encode(hmac.digest(key, value.encode(), sha256)).decode().rstrip("=")
    assert signature == expected


def test_pages_carry_no_shorter_signature(desk: Installation) -> None:
    """From the outside: the token of a check page and the name of a file on it."""
    form = desk.client.get(desk.address("site_down"))
    check = form.submit("check", desk.example_answers("site_down"), {"files": [("log.txt", b"11:05 slow")]})
    carried = [value for name, value in check.inputs() if name in ("once", "files")]
    assert len(carried) == 2
    assert all(len(value.rpartition(".")[2]) == SIGNATURE for value in carried)


def test_what_a_former_version_signed_is_good_for_its_day(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = desk.container.settings
    former = URLSafeTimedSerializer([settings.secret_key], salt="once", signer_kwargs={"digest_method": sha1})
    token, now = str(former.dumps(["key", "shop", "site_down"])), time.time()
    assert form_token.verify(settings, token, "shop", "site_down") == "key"
    monkeypatch.setattr(time, "time", lambda: now + 24 * 3600 + 60)
    assert form_token.verify(settings, token, "shop", "site_down") is None


def test_what_was_signed_for_another_purpose_or_by_nobody_is_not_ours() -> None:
    signed = str(serializer(KEYS, "purpose").dumps("text"))
    assert serializer(KEYS, "purpose").loads(signed) == "text"
    for keys, purpose in ((KEYS, "another"), (["a key of somebody else"], "purpose")):
        with pytest.raises(BadSignature):
            serializer(keys, purpose).loads(signed)
