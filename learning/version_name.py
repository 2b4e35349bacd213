"""The name of a version, which depends on everything that decides its models."""

from __future__ import annotations

import hashlib
from dataclasses import astuple
from functools import cache
from pathlib import Path

from shortlist.learning.acts import Acts
from shortlist.learning.plan import Plan

ROOT = Path(__file__).parents[1]
CODE = ("learning", "models/towers", "retrieval")


@cache
def code_digest() -> str:
    """Return 16 hexadecimal digits of the sha256 of the code that trains and of the legs that a ranker learns from."""
    sha = hashlib.sha256()
    for path in sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py")):
        sha.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return sha.hexdigest()[:16]


def version_name(acts: Acts, plan: Plan) -> str:
    """Return a name such as `all-3f2a91c04d7e`: the models, and a digest of acts, code and plan."""
    made_of = f"{acts.digest} {code_digest()} {astuple(plan)}"
    kind = "all" if plan.ranker else "svd" if plan.tower == "none" else plan.tower
    return f"{kind}-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"
