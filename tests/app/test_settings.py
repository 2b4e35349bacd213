"""Sources of settings and values that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlist.app.settings import load_settings
from shortlist.core.errors import ConfigError


def test_the_later_source_wins(tmp_path: Path) -> None:
    file = tmp_path / "shortlist.toml"
    file.write_text('home = "from-file"\n[llm]\nthreads = 3\ncontext = 2048\n')
    environ = {"SHORTLIST_LLM__THREADS": "5", "PATH": "/bin"}
    chosen = load_settings(file, environ, {"home": "from-options"})
    assert (chosen.home, chosen.llm.threads, chosen.llm.context) == (Path("from-options"), 5, 2048)


def test_the_users_folder_may_be_written_as_people_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    chosen = load_settings(
        None, {"SHORTLIST_MODELS__PATHS": '{tiny = "~/tiny.gguf"}', "SHORTLIST_MODELS__CACHE": "~/w"}, {}
    )
    assert (chosen.models.paths["tiny"], chosen.models.cache) == (Path("/home/ann/tiny.gguf"), Path("/home/ann/w"))
    with pytest.raises(ConfigError, match="setting home"):
        load_settings(None, {"SHORTLIST_HOME": "~nobody-of-this-name/x"}, {})


def test_a_file_may_begin_with_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "shortlist.toml"
    file.write_text("[llm]\nthreads = 3\n", encoding="utf-8-sig")
    assert load_settings(file, {}, {}).llm.threads == 3


def test_how_long_a_model_stays_may_be_a_number(tmp_path: Path) -> None:
    file = tmp_path / "shortlist.toml"
    file.write_text("[llm]\nkeep_alive = -1\n")
    assert load_settings(file, {}, {}).llm.keep_alive == -1
    assert load_settings(None, {"SHORTLIST_LLM__KEEP_ALIVE": "3600"}, {}).llm.keep_alive == 3600


def test_tables_in_the_environment_are_toml() -> None:
    chosen = load_settings(None, {"SHORTLIST_RETRIEVAL__WEIGHTS": "{dense = 1, bm25 = 0.5}"}, {})
    assert chosen.retrieval.weights == {"dense": 1.0, "bm25": 0.5}


@pytest.mark.parametrize("environ", [{"SHORTLIST_LLM__THREDS": "2"}, {"SHORTLIST_HOEM": "x"}])
def test_an_unknown_key_is_refused_with_the_known_ones(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"unknown setting .*expected one of .*(threads|home)"):
        load_settings(None, environ, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[llm]\nthreads = 'many'", "setting llm.threads: expected"),
        ("[llm]\nthreads = 0", "greater than or equal to 1"),
        ("[retrieval.weights]\ndense = nan", "setting retrieval.weights.dense"),
        ("[llm]\nkeep_alive = 'for ever'", "setting llm.keep_alive: expected seconds as a whole number, or a duration"),
        ("[llm]\nkeep_alive = 1.5", "setting llm.keep_alive: expected seconds as a whole number"),
        ("[llm]\nkeep_alive = true", "setting llm.keep_alive: expected seconds as a whole number"),
        ("llm = 3", "setting llm"),
        ("not toml", "expected valid TOML"),
    ],
)
def test_a_wrong_value_names_its_setting(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "shortlist.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_settings(file, {}, {})


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_settings(tmp_path / "absent.toml", {}, {})


@pytest.mark.parametrize(
    ("environ", "weight"),
    [
        ({}, 0.6),
        ({"SHORTLIST_LLM__MODEL": "smollm2-135m"}, 0.0),
        ({"SHORTLIST_LLM__MODEL": "smollm2-135m", "SHORTLIST_RERANK__WEIGHT_WISH": "0.3"}, 0.3),
        ({"SHORTLIST_LLM__MODEL": "smollm2-135m", "SHORTLIST_LLM__PROVIDER": "ollama"}, 0.6),
    ],
    ids=["the default model", "one that makes lists worse", "the same, if it is wanted", "a server's model"],
)
def test_only_a_model_that_was_measured_to_help_has_a_say_unasked(environ: dict[str, str], weight: float) -> None:
    assert load_settings(None, environ, {}).rerank.weight_wish == weight
