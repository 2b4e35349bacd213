"""Keys: recognised by their secret alone, worthless once revoked."""

from __future__ import annotations

import pytest

from shortlist.core.errors import RecordError
from shortlist.store.home import Home


def test_a_key_is_known_by_its_secret(home: Home) -> None:
    assert not home.catalogue.keys.ever_existed()
    key, secret = home.catalogue.keys.create("write", "phone")
    other, _ = home.catalogue.keys.create("read")
    assert home.catalogue.keys.ever_existed()
    assert home.catalogue.keys.recognise(secret) == key
    assert home.catalogue.keys.all() == [key, other]
    for wrong in ("", key.id, secret[:-1], f"{secret} ", "\ud800"):
        assert home.catalogue.keys.recognise(wrong) is None
    assert home.catalogue.keys.revoke(key.id)
    assert not home.catalogue.keys.revoke(key.id)
    assert home.catalogue.keys.recognise(secret) is None
    assert home.catalogue.revision() == 0


def test_a_label_is_a_text(home: Home) -> None:
    with pytest.raises(RecordError):
        home.catalogue.keys.create("read", "\ud800")
    assert not home.catalogue.keys.ever_existed()


def test_a_home_that_had_a_key_remembers_it(home: Home) -> None:
    assert not home.catalogue.keys.revoke("unknown")
    assert not home.catalogue.keys.ever_existed()
    key, _ = home.catalogue.keys.create("read")
    assert home.catalogue.keys.revoke(key.id)
    assert home.catalogue.keys.all() == []
    assert home.catalogue.keys.ever_existed()
