"""Keys: recognised by their secret alone, worthless once revoked."""

from __future__ import annotations

from typing import cast

import pytest

from shortlist.core.errors import RecordError, ShortlistError
from shortlist.store.catalogue.base import write_number
from shortlist.store.catalogue.erasure.subject import Subject
from shortlist.store.catalogue.keys import SCOPES, Key, Permission
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


def test_a_secret_that_was_made_elsewhere_is_one_key_however_often_it_is_admitted(home: Home) -> None:
    secret = "made-by-a-deployment-" * 2
    for _ in range(2):
        home.catalogue.keys.admit(secret, "write", "serve.key")
    [key] = home.catalogue.keys.all()
    assert home.catalogue.keys.recognise(secret) == key
    assert (key.scope, key.label) == ("write", "serve.key")
    assert home.catalogue.keys.ever_existed()
    with pytest.raises(ShortlistError, match="unknown scope"):
        home.catalogue.keys.admit(secret, "all")


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


def test_a_scope_includes_what_it_says(home: Home) -> None:
    def key(scope: str) -> Key:
        secret = home.catalogue.keys.create(scope)[1]
        return cast("Key", home.catalogue.keys.recognise(secret))

    wanted: tuple[Permission, ...] = ("content", "readers", "write", "metrics", "erase")
    included = {scope: [one for one in wanted if key(scope).may(one)] for scope in (*SCOPES, "reader:ann")}
    assert included == {
        "read": ["content", "readers", "metrics"],
        "write": ["content", "readers", "write", "metrics"],
        "operate": ["metrics", "erase"],
        "reader:ann": ["content"],
    }
    assert [key("reader:ann").may_read(one) for one in ("ann", "ann ", "bob")] == [True, False, False]
    assert key("read").may_read("bob")
    assert not key("operate").may_read("ann")
    assert not Key("1", "a newer scope", "", None).may("content")


@pytest.mark.parametrize("scope", ["", "admin", "reader:", "reader: ann", "Read", "reader"])
def test_a_scope_that_is_none_is_refused(home: Home, scope: str) -> None:
    with pytest.raises(ShortlistError):
        home.catalogue.keys.create(scope)
    assert not home.catalogue.keys.ever_existed()


def test_a_revoked_key_never_comes_back(home: Home) -> None:
    secret = "made-by-a-deployment-" * 2
    assert home.catalogue.keys.admit(secret, "write", "serve.key")
    [key] = home.catalogue.keys.all()
    assert home.catalogue.keys.revoke(key.id)
    with Home.open(home.path, servers=home.servers) as later:
        for scope in ("write", "read", "operate", "reader:ann"):
            assert not later.catalogue.keys.admit(secret, scope)
        assert later.catalogue.keys.recognise(secret) is None
        assert later.catalogue.keys.all() == []
        assert not later.catalogue.keys.revoke(key.id)
        assert later.catalogue.keys.admit(f"{secret}2", "write")


def test_the_key_of_a_reader_who_was_erased_never_comes_back(home: Home) -> None:
    _, secret = home.catalogue.keys.create("reader:ann")
    with home.writing():
        home.catalogue.erasures.erase(Subject("reader", "ann"))
    assert home.catalogue.keys.recognise(secret) is None
    assert not home.catalogue.keys.admit(secret, "write")
    assert home.catalogue.keys.all() == []


def test_keys_of_version_9_are_valid_until_they_are_revoked(home: Home) -> None:
    key, secret = home.catalogue.keys.create("write")
    with home._database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE revoked_keys")
        write_number(connection, "schema_version", 9)
    with Home.open(home.path, servers=home.servers) as migrated:
        assert migrated.catalogue.keys.recognise(secret) == key
        assert migrated.catalogue.keys.revoke(key.id)
        assert not migrated.catalogue.keys.admit(secret, "write")
