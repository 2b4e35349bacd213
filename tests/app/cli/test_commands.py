"""The commands as a user calls them, over a home with all of sample/."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]

Shortlist = Callable[..., Any]


@pytest.fixture(scope="module")
def shortlist(sample_home: Path, here: Shortlist) -> Shortlist:
    """Runs a command on the sample home, which it may not change."""
    return lambda *words, home=sample_home, **environ: here(*words, home=home, **environ)


@pytest.fixture(scope="module")
def script(sample_home: Path) -> Shortlist:
    """Runs the console script in a process of its own."""

    def run(*words: str | bytes, home: Path = sample_home, **environ: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from shortlist.app.cli.main import run; run()", *words]
        known = {"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "SHORTLIST_HOME": str(home)}
        return subprocess.run(command, cwd=ROOT, env=known | environ, capture_output=True, text=True, timeout=300)

    return run


def document(done: Any) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_console_script(script: Shortlist) -> None:
    assert document(script("recommend", "user_123", "-k", "2", "--json"))["user_id"] == "user_123"


def test_an_argument_that_is_not_utf8_is_refused(script: Shortlist) -> None:
    done = script("search", b"caf\xe9")
    assert done.returncode == 2
    assert "expected valid Unicode" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_recommend_gives_unseen_videos_with_reasons_and_stages(shortlist: Shortlist) -> None:
    answer = document(shortlist("recommend", "user_123", "-k", "5", "--json"))
    assert answer["user_id"] == "user_123"
    found = answer["recommendations"]
    assert [item["rank"] for item in found] == [1, 2, 3, 4, 5]
    assert len({item["video_id"] for item in found}) == 5
    for item in found:
        assert item["reason"]
        assert {"bm25", "dense", "affinity", "fusion"} <= item["stages"].keys()
        assert item["evidence"]["start_s"] < item["evidence"]["end_s"] <= item["duration_s"]
    assert answer["llm"]["calls"] == 0


def test_the_rerank_asks_the_model_and_shows_what_it_changed(shortlist: Shortlist) -> None:
    words = ("recommend", "user_123", "-k", "3", "--about", "something about bread", "--rerank", "yesno")
    few = {"SHORTLIST_RERANK__DEPTH": "2", "SHORTLIST_RERANK__BUDGET_MS": "100000"}
    answer = document(shortlist(*words, "--json", **few))
    assert answer["llm"]["calls"] + answer["llm"]["cached_calls"] == 2
    assert all({"fusion", "rerank"} <= item["stages"].keys() for item in answer["recommendations"][:2])
    again = document(shortlist(*words, "--json", **few))
    assert again["llm"]["calls"] == 0
    assert again["recommendations"] == answer["recommendations"]
    assert "0 calls, 2 from the cache" in shortlist(*words, "--explain", COLUMNS="300", **few).stdout


def test_the_prompts_of_the_rerank_are_shown_as_text_or_json(shortlist: Shortlist) -> None:
    words = ("recommend", "user_123", "--about", "bread", "--rerank", "yesno", "--show-prompt")
    plain, prompts = shortlist(*words).stdout, document(shortlist(*words, "--json"))
    assert plain.count("--- call ") == sum(map(len, prompts)) > 0
    assert {message["role"] for one in prompts for message in one} <= {"system", "user", "assistant"}
    assert all(message["content"] in plain for one in prompts for message in one)
    assert document(shortlist("recommend", "user_123", "--rerank", "none", "--show-prompt", "--json")) == []


def test_a_pull_of_weights_that_are_here_says_where(shortlist: Shortlist) -> None:
    [pulled] = document(shortlist("models", "pull", "smollm2-135m", "--json"))["models"]
    assert pulled["name"] == "smollm2-135m"
    assert Path(pulled["path"]).exists()


def test_a_list_to_read_has_no_scores_ids_or_stages(shortlist: Shortlist) -> None:
    plain = shortlist("recommend", "user_123", "-k", "1", COLUMNS="80").stdout.splitlines()
    assert plain[0] == " 1. This silo is full of hot sand"
    assert plain[1] == "    Warm Circuits · 0:56 · 9 Nov 2026"
    assert plain[3] == "    https://example.org/watch/this-silo-is-full-of-hot-sand"
    assert len(plain) == 4
    explained = shortlist("recommend", "user_123", "-k", "1", "--explain").stdout
    assert all(word in explained for word in ("this-silo-is-full-of-hot-sand", "dense", "rank 1", "█", "retrieve"))


def test_the_last_reader_is_remembered(shortlist: Shortlist, sample_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(sample_home, home)
    (home / "last-reader").unlink(missing_ok=True)
    nobody = shortlist("recommend", home=home)
    assert nobody.returncode == 2
    assert "user_123" in nobody.stderr
    named = shortlist("recommend", "user_7", "--json", home=home)
    again = shortlist("recommend", "--json", home=home)
    assert document(again)["recommendations"] == document(named)["recommendations"]
    assert "for user_7" in again.stderr
    (home / "last-reader").write_text("gone")
    assert shortlist("recommend", home=home).returncode == 2


@pytest.mark.parametrize("text", ["flurbl", "asdf qwerty zzz"])
def test_nothing_relevant_is_said_to_be_so(shortlist: Shortlist, text: str) -> None:
    done = shortlist("search", text, "-k", "2")
    assert done.stdout.splitlines()[0] == f"Nothing here is about “{text}”; these are the closest:"
    assert "nothing here" not in done.stderr
    found = document(shortlist("search", text, "--json"))
    assert [note["code"] for note in found["notes"]] == ["nothing-relevant"]
    assert found["hits"]


def test_every_wish_of_the_sample_has_something_relevant(shortlist: Shortlist) -> None:
    for line in (ROOT / "sample" / "queries.tsv").read_text("utf-8").splitlines()[:5]:
        found = document(
            shortlist("recommend", "user_123", "--rerank", "none", "--about", line.split("\t")[1], "--json")
        )
        assert "nothing-relevant" not in [note["code"] for note in found["notes"]]


def test_search_finds_what_is_said(shortlist: Shortlist) -> None:
    hits = document(shortlist("search", "sourdough starter", "-k", "3", "--json"))["hits"]
    assert hits[0]["video_id"] == "is-my-sourdough-starter-dead"


def test_filters_hold(shortlist: Shortlist) -> None:
    words = ("recommend", "user_123", "--max-duration", "50", "--category", "Food", "--published-after", "2026-08-01")
    found = document(shortlist(*words, "--json"))["recommendations"]
    assert found
    assert all(item["duration_s"] <= 50 and item["category"] == "Food" for item in found)


def test_every_command_with_videos_takes_conditions(shortlist: Shortlist, tmp_path: Path) -> None:
    some = ("--min-duration", "30", "--not-category", "Sports", "--not-category", "Food", "--not-word", "moon")
    out = tmp_path / "lists.jsonl"
    lists = (
        document(shortlist("recommend", "user_123", *some, "--json"))["recommendations"],
        document(shortlist("search", "the moon and bread", *some, "--json"))["hits"],
        document(shortlist("reader", "whatif", "user_123", "--weights", "dense=0", *some, "--json"))["moves"],
    )
    for found in lists:
        assert found
        assert all(item["duration_s"] >= 30 for item in found)
        assert {item["category"] for item in found}.isdisjoint({"Sports", "Food"})
    assert shortlist("export", "--out", str(out), "--with", "category", *some).returncode == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert rows
    assert {row["category"] for row in rows}.isdisjoint({"Sports", "Food"})


def test_between_two_days(shortlist: Shortlist) -> None:
    ends = ("--published-after", "2026-09-01", "--published-before", "2026-10-01")
    found = document(shortlist("recommend", "user_123", *ends, "--json"))["recommendations"]
    assert found
    assert {item["published"][:7] for item in found} == {"2026-09"}


def test_chat_recommends_then_explains(shortlist: Shortlist, sample_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(sample_home, home)
    first = document(shortlist("chat", "recommend for user_123", "--json", home=home))
    assert first["action"]["name"] == "recommend"
    why = document(shortlist("chat", "why number 2?", "--user", "user_123", "--json", home=home))
    assert why["action"]["name"] == "explain"
    assert first["recommendations"][1]["title"] in why["reply"]


def test_chat_explains_the_list_that_recommend_printed(shortlist: Shortlist, sample_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(sample_home, home)
    printed = document(shortlist("recommend", "user_123", "--about", "the Moon", "--json", home=home))
    plain = document(shortlist("recommend", "user_42", "--json", home=home))
    assert plain["recommendations"][1]["title"] != printed["recommendations"][1]["title"]
    document(shortlist("recommend", "user_123", "--about", "the Moon", "--json", home=home))
    why = document(shortlist("chat", "why number 2?", "--json", home=home))
    assert printed["recommendations"][1]["title"] in why["reply"]


def test_an_unknown_reader_gets_the_nearest_ids(shortlist: Shortlist) -> None:
    done = shortlist("recommend", "user_124")
    assert done.returncode == 2
    assert "user_123" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_reader_without_history_gets_the_popular_and_a_note(shortlist: Shortlist) -> None:
    answer = document(shortlist("recommend", "user_new", "--json"))
    assert len(answer["recommendations"]) == 10
    assert [note["code"] for note in answer["notes"]] == ["no-history"]


def test_a_missing_model_stops_only_who_asked_for_it_by_name(shortlist: Shortlist, tmp_path: Path) -> None:
    nowhere = {"SHORTLIST_LLM__MODEL": "mine", "SHORTLIST_MODELS__PATHS": f'{{mine = "{tmp_path}/mine.gguf"}}'}
    named = shortlist("recommend", "user_123", "--about", "rain", "--rerank", "yesno", **nowhere)
    assert named.returncode == 3
    assert 'models.paths."mine"' in named.stderr
    done = shortlist("recommend", "user_123", "--about", "rain", "--json", **nowhere)
    auto = document(done)
    assert len(auto["recommendations"]) == 10
    assert auto["notes"] == []
    assert str(tmp_path) not in done.stdout


def test_status_counts_everything(shortlist: Shortlist) -> None:
    status = document(shortlist("status", "--json"))
    assert (status["videos"], status["articles"], status["events"], status["pending"]) == (66, 120, 1092, 0)
    assert status["readers"]["count"] == 12
    assert "user_123" in status["readers"]["sample"]


def test_bad_rows_are_listed_and_the_rest_is_kept(shortlist: Shortlist, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(
        "user_id,item_id,kind,action,at,dwell_s\n"
        "u,x,video,view,2026-11-20T10:00:00Z,5\n"
        "u,x,video,view,2026-11-20T10:00:00,5\n"
        "u,x,video,watch,2026-11-20T10:00:00Z,nan\n"
    )
    done = shortlist("ingest", "events", str(file), home=tmp_path / "home")
    assert done.returncode == 1
    assert "1 new, 0 changed, 0 unchanged, 2 failed" in done.stdout
    assert "events.csv:3" in done.stderr
    assert "events.csv:4" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("recommend", "user_123", "-k", "0"), 2, "-k"),
        (("recommend", "user_123", "--rerank", "magic"), 2, "unknown rerank method"),
        (("recommend", "user_123", "--published-after", "soon"), 2, "a date"),
        (("search", "moon", "--published-before", "soon"), 2, "bad --published-before"),
        (("search", "rain", "--max-duration", "nan"), 2, "max-duration"),
        (("search", " "), 2, "nothing to search for"),
        (("export", "--out", "."), 2, "one of these suffixes"),
        (("ingest", "videos", "/nowhere.jsonl"), 2, "/nowhere.jsonl"),
        (("models", "pull", "gpt-9"), 2, "unknown model"),
        (("frobnicate",), 2, "frobnicate"),
    ],
)
def test_wrong_usage_is_one_clear_message(shortlist: Shortlist, words: tuple[str, ...], code: int, said: str) -> None:
    done = shortlist(*words)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_home_that_does_not_exist_is_not_made_by_reading(shortlist: Shortlist, tmp_path: Path) -> None:
    done = shortlist("recommend", "anyone", home=tmp_path / "nothing")
    assert done.returncode == 4
    assert "shortlist ingest videos" in done.stderr
    assert not (tmp_path / "nothing").exists()


def test_diversity_puts_other_things_among_the_same(shortlist: Shortlist) -> None:
    def found(*options: str) -> list[str]:
        answer = document(shortlist("recommend", "user_123", "--rerank", "none", "--json", *options))
        return [item["video_id"] for item in answer["recommendations"]]

    plain, mixed = found(), found("--diversity", "0.7")
    assert found("--diversity", "0") == plain
    assert mixed[0] == plain[0]
    assert set(mixed) != set(plain)
    assert shortlist("recommend", "user_123", "--diversity", "2").returncode == 2
