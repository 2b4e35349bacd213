"""Keys are made, listed and revoked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_a_key_is_shown_once_and_can_be_revoked(here: Callable[..., Any], hashed: Any, tmp_path: Path) -> None:
    def keys(*words: str) -> Any:
        return here("keys", *words, home=tmp_path / "home")

    made = keys("create", "--write", "--label", "the phone app", "--json").document
    assert made["key"].startswith("sl_")
    assert (made["scope"], made["label"]) == ("write", "the phone app")
    plain = keys("create")
    assert plain.stdout.startswith("sl_")
    assert "not shown again" in plain.stderr
    listed = keys("list", "--json").document["keys"]
    assert [one["scope"] for one in listed] == ["write", "read"]
    assert made["key"] not in keys("list").stdout
    assert keys("revoke", made["id"]).returncode == 0
    assert [one["scope"] for one in keys("list", "--json").document["keys"]] == ["read"]
    left = keys("list", "--json").document["keys"][0]["id"]
    assert keys("revoke", left, "--json").document == {"revoked": left}
    keys("revoke", made["id"]).says(2, "unknown key")
