"""Receipts of what is forgotten. They name nothing of it, and are signed with a key that only the home has."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shortlist.core.errors import RecordError
from shortlist.store.catalogue.erasure.subject import Subject
from shortlist.store.home_files import RECEIPTS

KEY = "key"
SIGNATURE = "signature"
Document = dict[str, Any]


def pseudonym(home: Path, subject: Subject) -> str:
    """Return 64 hexadecimal digits for the subject, which only a holder of the home's key can compute from an id."""
    return _mac(home, f"{subject.kind}\0{subject.id}".encode())


def write_receipt(home: Path, receipt: Mapping[str, Any]) -> tuple[Path, Document]:
    """Sign `receipt`, and write it into the home. Return the path and the signed document."""
    signed = {**receipt, SIGNATURE: _mac(home, _canonical(receipt))}
    now = datetime.now(UTC)
    path = home / RECEIPTS / f"{now:%Y-%m-%dT%H%M%S.%fZ}.json"
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(signed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.chmod(0o600)
    partial.replace(path)
    return path, signed


def verify_receipt(home: Path, path: Path) -> Document:
    """Return the receipt in the file `path`. Raises `RecordError` unless this home signed exactly this text."""
    try:
        document: Document = json.loads(path.read_text(encoding="utf-8"))
        signature = str(document.pop(SIGNATURE))
        genuine = hmac.compare_digest(signature, _mac(home, _canonical(document)))
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise _not_genuine(path, str(error)) from error
    if not genuine:
        raise _not_genuine(path, "another signature")
    return document


def _not_genuine(path: Path, found: str) -> RecordError:
    remedy = "use the file as `shortlist reader forget` wrote it, with the home that wrote it"
    return RecordError(f"{path} is not a receipt of this home", expected="its signature", found=found, remedy=remedy)


def _canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _mac(home: Path, message: bytes) -> str:
    return hmac.new(_key(home), message, hashlib.sha256).hexdigest()


def _key(home: Path) -> bytes:
    """Return the key of the home, created at first use in a file that only its owner can read."""
    path = home / RECEIPTS / KEY
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        fresh = path.with_name(f"{KEY}.{os.getpid()}.new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(32))
        fresh.replace(path)
        return path.read_bytes()
