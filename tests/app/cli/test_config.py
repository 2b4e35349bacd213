"""`shortlist config`, and which files and folders it names."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

SECRETS = {
    "SHORTLIST_STORE__CATALOGUE": "postgresql://ann:hunter2@db.example/shortlist",
    "SHORTLIST_STORE__CHROMA": "http://ann:hunter2@chroma.example:8000",
}


def nested(settings: dict[str, Any]) -> dict[str, Any]:
    """{"llm.threads": 2} -> {"llm": {"threads": 2}}"""
    tree: dict[str, Any] = {}
    for name, value in settings.items():
        *sections, key = name.split(".")
        branch = tree
        for section in sections:
            branch = branch.setdefault(section, {})
        branch[key] = value
    return tree


def test_values_and_origins(here: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[serve]\nport = 9000\n")
    settings = here("config", "--json", "--config", str(file), home=tmp_path / "home").document
    assert settings["home"] == {"value": str(tmp_path / "home"), "origin": "environment variable SHORTLIST_HOME"}
    assert settings["serve.port"] == {"value": 9000, "origin": f"file {file}"}
    assert settings["serve.web_port"] == {"value": 7860, "origin": "default"}
    other = here("config", "--json", "--home", "elsewhere", home=tmp_path).document["home"]
    assert other == {"value": "elsewhere", "origin": "command line"}


def test_what_is_printed_is_a_configuration(here: Any, tmp_path: Path) -> None:
    printed = here("config", home=tmp_path / "home").stdout
    file = tmp_path / "printed.toml"
    file.write_text(printed)
    asked = ("config", "--json")
    before, after = (
        here(*words, home=tmp_path / "home").document for words in (asked, (*asked, "--config", str(file)))
    )
    assert {name: one["value"] for name, one in after.items()} == {name: one["value"] for name, one in before.items()}
    given = {name: one["value"] for name, one in before.items() if one["value"] is not None}
    assert tomllib.loads(printed) == nested(given)


@pytest.mark.parametrize("words", [("config",), ("config", "--json")])
def test_secrets_are_hidden(here: Any, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = here(*words, home=tmp_path, **SECRETS)
    assert "db.example" not in done.stdout
    assert "hunter2" not in done.stdout
    assert "SHORTLIST_STORE__CATALOGUE" in done.stdout
    if words == ("config",):
        assert not {"catalogue", "chroma"} & set(tomllib.loads(done.stdout)["store"])


def test_a_file_in_the_current_folder_is_read(here: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shortlist.toml").write_text("[serve]\nport = 9000\n")
    port = here("config", "--json", home=tmp_path).document["serve.port"]
    assert port == {"value": 9000, "origin": "file shortlist.toml"}


@pytest.mark.usefixtures("hashed")
def test_a_command_that_creates_a_home_says_where(here: Any, tables: Path, tmp_path: Path) -> None:
    home = tmp_path / "new home"
    refused = here("status", home=home)
    refused.says(4, f"no home at {home}", "shortlist ingest videos", "--home")
    ingest = ("ingest", "videos", str(tables / "videos.jsonl"), "--json")
    created, again = (here(*ingest, home=home) for _ in range(2))
    assert f"created a home at {home}" in created.stderr
    assert "created" not in again.stderr
    assert created.document.keys() == again.document.keys()
