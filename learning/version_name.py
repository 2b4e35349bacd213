"""The name of a version, which depends on everything that decides its models."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from shortlist.learning.acts import Acts

ROOT = Path(__file__).parents[1]
CODE = ("eval/tuning", "learning", "models/towers", "retrieval")


@cache
def code_digest() -> str:
    """Return 16 hexadecimal digits of the sha256 of the code that trains and of the legs that a ranker learns from."""
    sha = hashlib.sha256()
    for path in sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py")):
        sha.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return sha.hexdigest()[:16]


def version_name(acts: Acts, kind: str, settings: object) -> str:
    """Return a name such as `ranker-3f2a91c04d7e`: the kind, and a digest of acts, code and settings."""
    made_of = f"{acts.digest} {code_digest()} {settings!r}"
    return f"{kind}-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"
