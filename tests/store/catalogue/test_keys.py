"""Keys: recognised by their secret alone, worthless once revoked."""

from __future__ import annotations

import pytest

from shortlist.core.errors import RecordError
from shortlist.store.home import Home


def test_a_key_is_known_by_its_secret(home: Home) -> None:
    assert not home.catalogue.has_keys()
    key, secret = home.catalogue.create_key("write", "phone")
    other, _ = home.catalogue.create_key("read")
    assert home.catalogue.has_keys()
    assert home.catalogue.key_of(secret) == key
    assert home.catalogue.all_keys() == [key, other]
    for wrong in ("", key.id, secret[:-1], f"{secret} ", "\ud800"):
        assert home.catalogue.key_of(wrong) is None
    assert home.catalogue.revoke_key(key.id)
    assert not home.catalogue.revoke_key(key.id)
    assert home.catalogue.key_of(secret) is None
    assert home.catalogue.revision() == 0


def test_a_label_is_a_text(home: Home) -> None:
    with pytest.raises(RecordError):
        home.catalogue.create_key("read", "\ud800")
    assert not home.catalogue.has_keys()
