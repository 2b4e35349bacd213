"""The keys of the served API. Only their hashes are kept: a key's secret is shown once, when it is made."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from sqlalchemy import Connection, CursorResult, Row, delete, exists, insert, select

from shortlist.core.checks import check_text
from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.rows import from_micros, to_micros
from shortlist.store.sql.schema import keys, meta

Scope = Literal["read", "write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "sl_"
EVER = "keys"  # in `meta`, once there was a key: a home that was closed stays closed


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key: a public id, what it may do (`write` includes `read`), and what it is for."""

    id: str
    scope: Scope
    label: str
    created: datetime | None


class Keys(CatalogueTable):
    """Keys: create, revoke, list, recognise. They are no content: no revision rises, no lock is needed."""

    def create(self, scope: Scope, label: str = "") -> tuple[Key, str]:
        """A new key, and the secret that its holder sends. Raises `RecordError` for a label that is no text."""
        check_text(label, "label")
        secret = f"{PREFIX}{secrets.token_urlsafe(32)}"
        key = Key(secrets.token_hex(4), scope, label, datetime.now(UTC))
        row = {"id": key.id, "sha": _sha(secret), "scope": scope, "label": label, "created": to_micros(key.created)}
        with self._database.writing() as connection:
            self._note_ever(connection)
            connection.execute(insert(keys).values(row))
        return key, secret

    def revoke(self, key_id: str) -> bool:
        """Make a key worthless at once; whether there was one with this id."""
        with self._database.writing() as connection:
            result = connection.execute(delete(keys).where(keys.c.id == key_id))
            known = cast("CursorResult[tuple[()]]", result).rowcount > 0
            if known:
                self._note_ever(connection)  # the key may be older than the note
        return known

    def all(self) -> list[Key]:
        """All keys, oldest first."""
        with self._database.reading() as connection:
            return [_key(row) for row in connection.execute(select(keys).order_by(keys.c.created, keys.c.id))]

    def ever_existed(self) -> bool:
        """Whether there is a key or ever was one; then no server answers without."""
        noted = exists(select(meta.c.key).where(meta.c.key == EVER))
        with self._database.reading() as connection:
            return bool(connection.scalar(select(noted | exists(select(keys.c.id)))))

    def recognise(self, secret: str) -> Key | None:
        """The key whose secret this is; None for a wrong or revoked one."""
        with self._database.reading() as connection:
            row = connection.execute(select(keys).where(keys.c.sha == _sha(secret))).one_or_none()
        return _key(row) if row else None

    def _note_ever(self, connection: Connection) -> None:
        connection.execute(self._database.replace(meta, {"key": EVER, "value": "1"}))


def _sha(secret: str) -> str:
    # Secrets are 256 random bits: a slow hash would protect them no better.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: Row[Any]) -> Key:
    return Key(row.id, row.scope, row.label, from_micros(row.created))
