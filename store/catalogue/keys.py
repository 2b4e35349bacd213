"""Keys of the HTTP API. Only their hashes are stored: a secret is shown once, when the key is created.

The hash of a revoked key is stored for good, so that its secret is never a key again.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, insert, select

from shortlist.core.errors import UsageError
from shortlist.core.validation import check_id, check_text
from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.rows import from_micros, to_micros
from shortlist.store.sql.schema import keys, meta, revoked_keys

Permission = Literal["content", "readers", "write", "metrics", "erase"]
SCOPES: Mapping[str, frozenset[Permission]] = {
    "read": frozenset({"content", "readers", "metrics"}),
    "write": frozenset({"content", "readers", "metrics", "write"}),
    "operate": frozenset({"metrics", "erase"}),
}
READER = "reader:"  # prefix of the scope of one reader
PREFIX = "sl_"
EVER = "keys"  # the key in `meta`, set with the first key: a home that had keys stays closed


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. Its scope is one of `SCOPES`, or `READER` and the id of one reader."""

    id: str
    scope: str
    label: str
    created: datetime | None

    @property
    def reader(self) -> str | None:
        """The only reader whose data this key may read and store; None if the key is not for one reader."""
        return self.scope.removeprefix(READER) if self.scope.startswith(READER) else None

    def may(self, needed: Permission) -> bool:
        """Return whether the scope includes `needed`. A scope of a newer version includes nothing."""
        if self.reader is not None:
            return needed == "content"
        return needed in SCOPES.get(self.scope, ())

    def may_read(self, user_id: str) -> bool:
        """Return whether the scope includes the data of this reader."""
        return self.may("readers") or self.reader == user_id


class Keys(CatalogueTable):
    """Keys: create, revoke, list, recognise. They are not content: no revision, no writer lock."""

    def create(self, scope: str, label: str = "") -> tuple[Key, str]:
        """Return a new key and the secret that its holder sends.

        Raises `RecordError` for a label that is not text, and `UsageError` for an unknown scope.
        """
        check_text(label, "label")
        _check_scope(scope)
        secret = f"{PREFIX}{secrets.token_urlsafe(32)}"
        key = Key(secrets.token_hex(4), scope, label, datetime.now(UTC))
        row = {"id": key.id, "sha": _sha(secret), "scope": scope, "label": label, "created": to_micros(key.created)}
        with self._database.writing() as connection:
            self._set_ever(connection)
            connection.execute(insert(keys).values(row))
        return key, secret

    def admit(self, secret: str, scope: str, label: str = "") -> bool:
        """Store a key with a `secret` that was made elsewhere, unless it is stored already.

        Return False if it was revoked: then nothing is written. Raises as `create`.
        """
        check_text(label, "label")
        _check_scope(scope)
        if self.recognise(secret):
            return True
        sha, created = _sha(secret), to_micros(datetime.now(UTC))
        row = {"id": sha[:8], "sha": sha, "scope": scope, "label": label, "created": created}
        with self._database.writing() as connection:
            if connection.scalar(select(exists().where(revoked_keys.c.sha == sha))):
                return False
            self._set_ever(connection)
            connection.execute(self._database.insert_new(keys).values(row))
        return True

    def revoke(self, key_id: str) -> bool:
        """Revoke a key for good, which takes effect at once. Return whether there was one with this id."""
        with self._database.writing() as connection:
            known = revoke_keys(connection, keys.c.id == key_id) > 0
            if known:
                self._set_ever(connection)  # an older version may have created the key
        return known

    def all(self) -> list[Key]:
        """Return all keys, oldest first."""
        with self._database.reading() as connection:
            return [_key(row) for row in connection.execute(select(keys).order_by(keys.c.created, keys.c.id))]

    def ever_existed(self) -> bool:
        """Return whether there is or was a key. If so, servers answer no request without one."""
        flag = exists(select(meta.c.key).where(meta.c.key == EVER))
        with self._database.reading() as connection:
            return bool(connection.scalar(select(flag | exists(select(keys.c.id)))))

    def recognise(self, secret: str) -> Key | None:
        """Return the key with this secret; None for a wrong or revoked one."""
        with self._database.reading() as connection:
            row = connection.execute(select(keys).where(keys.c.sha == _sha(secret))).one_or_none()
        return _key(row) if row else None

    def _set_ever(self, connection: Connection) -> None:
        connection.execute(self._database.replace(meta, {"key": EVER, "value": "1"}))


def revoke_keys(connection: Connection, which: ColumnElement[bool]) -> int:
    """Delete the keys that meet the condition `which`, remember their hashes, and return their number."""
    revoked = connection.scalars(delete(keys).where(which).returning(keys.c.sha)).all()
    if revoked:
        connection.execute(insert(revoked_keys), [{"sha": sha} for sha in revoked])
    return len(revoked)


def _check_scope(scope: str) -> None:
    if scope.startswith(READER):
        check_id(scope.removeprefix(READER), "reader id")
    elif scope not in SCOPES:
        expected = f"{', '.join(SCOPES)} or {READER}ID"
        raise UsageError("unknown scope", expected=expected, found=repr(scope), remedy="choose one of them")


def _sha(secret: str) -> str:
    # Secrets are 256 random bits: a slow hash would protect them no better.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: Row[Any]) -> Key:
    return Key(row.id, row.scope, row.label, from_micros(row.created))
