"""Which home and which configuration file are found where none is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlist.app.settings import read_settings
from shortlist.app.settings_sources import find_config_file, find_home

ROOT = Path(__file__).parents[2]


@pytest.fixture
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folders for data and configuration, as `data` and `config`."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def make(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("")
    return folder


@pytest.mark.parametrize("content", [(), ("README.md",), ("catalogue.sqlite3", "README.md"), ("vectors.sqlite3",)])
def test_a_local_home_or_an_empty_folder_is_used(user_folders: Path, content: tuple[str, ...]) -> None:
    local = make(user_folders / "here/chroma_db", *content)
    assert find_home(local.parent).values == {"home": local}


@pytest.mark.parametrize("content", [("chroma.sqlite3",), ("README.md", "notes.txt")])
def test_a_folder_of_another_program_is_left_alone(user_folders: Path, content: tuple[str, ...]) -> None:
    local = make(user_folders / "here/chroma_db", *content)
    assert find_home(local.parent).values == {"home": user_folders / "data/shortlist"}


def test_without_a_local_folder_the_users_data_folder_is_used(user_folders: Path) -> None:
    assert find_home(user_folders).values == {"home": user_folders / "data/shortlist"}


def test_a_checkout_of_the_repository_uses_its_own_folder() -> None:
    assert find_home(ROOT).values == {"home": ROOT / "chroma_db"}


def test_the_file_in_the_current_folder_comes_before_the_users(user_folders: Path) -> None:
    assert find_config_file(user_folders / "here") is None
    users = make(user_folders / "config/shortlist", "shortlist.toml") / "shortlist.toml"
    assert find_config_file(user_folders / "here") == users
    local = make(user_folders / "here", "shortlist.toml") / "shortlist.toml"
    assert find_config_file(user_folders / "here") == local


def test_every_value_has_an_origin(tmp_path: Path) -> None:
    file = tmp_path / "shortlist.toml"
    file.write_text('[models.paths]\na = "a"\n[llm]\nthreads = 3\n[eval]\nseed = 4\n')
    environ = {
        "SHORTLIST_EVAL__SEED": "5",
        "SHORTLIST_MODELS__PATHS": '{b = "b"}',
        "SHORTLIST_LLM__MODEL": "smollm2-135m",
    }
    origins = read_settings(file, environ, {"home": "x"}).origins
    assert origins["llm.context"] == "default"
    assert origins["llm.threads"] == f"file {file}"
    assert origins["eval.seed"] == "environment variable SHORTLIST_EVAL__SEED"
    assert origins["models.paths"] == f"file {file}, environment variable SHORTLIST_MODELS__PATHS"
    assert origins["home"] == "command line"
    assert origins["rerank.weight_wish"] == "default of the model smollm2-135m"
