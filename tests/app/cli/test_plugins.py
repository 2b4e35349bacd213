"""Plugins as wheels outside of the repository: which are loaded, what is said of one that fails, and how to do without.

Each command runs in a process of its own: what a plugin has registered stays in a process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.plugins import PLUGINS
from tests.app.conftest import SMALL, Done
from tests.plugin_wheels import site_of

KITCHEN = """
from shortlist.core.plugins import Table

DISHES = Table("dish")


def register():
    DISHES.add("soup", "hot")
"""
BURNT = """
from shortlist_kitchen import DISHES


def register():
    DISHES.add("toast", "black")
    raise RuntimeError("the smoke alarm rings")
"""
READ = """
from shortlist.app.settings import find_settings
from shortlist.core.plugins import PLUGINS

PLUGINS.named_only = {named_only}
find_settings(None, {{}})
from shortlist_kitchen import DISHES

print(sorted(DISHES))
"""


PAGE = Path(__file__).parents[3] / "docs" / "plugins.md"
[LEG] = [text for text in PAGE.read_text("utf-8").split("```") if text.startswith("python\nimport numpy")]
BREVITY = LEG.removeprefix("python\n").replace("weight=0.2", "weight=1000.0")  # it decides


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the plugins are installed."""
    return site_of(tmp_path_factory.mktemp("plugins"), {"kitchen": KITCHEN, "burnt": BURNT})


@pytest.fixture
def python(site: Path, tmp_path: Path) -> Callable[..., Done]:
    """Run Python where the plugins are installed: python(*arguments, **environ)."""

    def run(*arguments: str, **environ: str) -> Done:
        variables = {
            **os.environ,
            **SMALL,
            "SHORTLIST_HOME": str(tmp_path / "home"),
            "PYTHONPATH": str(site),
            **environ,
        }
        done = subprocess.run([sys.executable, *arguments], env=variables, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def shortlist(python: Callable[..., Done]) -> Callable[..., Done]:
    """shortlist(*words, **environ) where the plugins are installed."""
    code = "from shortlist.app.cli.main import run; run()"
    return lambda *words, **environ: python("-c", code, *words, **environ)


def listed(done: Done) -> dict[str, Any]:
    return {one["name"]: one for one in done.document["plugins"]}


def test_plugins_lists_each_with_what_it_adds_and_why_one_failed(shortlist: Callable[..., Done]) -> None:
    done = shortlist("plugins", "--json")
    assert listed(done) == {
        "burnt": {
            "name": "burnt", "version": "1.2", "distribution": "shortlist-burnt",
            "entry_point": "shortlist_burnt:register", "parts": {}, "error": "the smoke alarm rings",
        },
        "kitchen": {
            "name": "kitchen", "version": "1.2", "distribution": "shortlist-kitchen",
            "entry_point": "shortlist_kitchen:register", "parts": {"dish": ["soup"]}, "error": None,
        },
    }  # fmt: skip
    assert [line for line in done.stderr.splitlines() if "burnt" in line] == done.stderr.splitlines()
    assert len(done.stderr.splitlines()) == 1
    shown = shortlist("plugins").stdout
    assert "kitchen  shortlist-kitchen 1.2 (shortlist_kitchen:register)\n  dish: soup\n" in shown
    assert "not loaded: the smoke alarm rings" in shown


def test_nothing_of_a_plugin_that_failed_stays(python: Callable[..., Done]) -> None:
    assert python("-c", READ.format(named_only=False)).stdout == "['soup']\n"


@pytest.mark.parametrize(("plugins", "parts"), [("", []), ("['kitchen']", ["soup"])])
def test_a_server_loads_only_plugins_that_the_configuration_names(
    plugins: str, parts: list[str], python: Callable[..., Done]
) -> None:
    chosen = {"SHORTLIST_PLUGINS": plugins} if plugins else {}
    done = python("-c", READ.format(named_only=True), **chosen)
    assert (done.stdout, done.stderr) == (f"{parts}\n", "")


def test_no_plugins_loads_none(shortlist: Callable[..., Done]) -> None:
    for done in (
        shortlist("--no-plugins", "plugins", "--json"),
        shortlist("plugins", "--json", SHORTLIST_PLUGINS="[]"),
    ):
        assert {one["parts"] == {} and "not chosen" in one["error"] for one in listed(done).values()} == {True}
        assert done.stderr == ""


def test_a_named_plugin_that_is_not_installed_is_one_warning(shortlist: Callable[..., Done]) -> None:
    done = shortlist("plugins", "--json", SHORTLIST_PLUGINS="['kichen']")
    assert listed(done)["kichen"]["error"] == "it is not installed"
    assert len(done.stderr.splitlines()) == 1


def test_the_doctor_names_a_plugin_that_failed(shortlist: Callable[..., Done]) -> None:
    done = shortlist("doctor", "--json")
    [check] = [one for one in json.loads(done.stdout)["checks"] if one["name"] == "plugins"]
    assert check["state"] == "warning"
    assert "burnt is not loaded: the smoke alarm rings" in check["found"]


def test_plugins_change_the_hash_of_settings(python: Callable[..., Done]) -> None:
    code = (
        "from shortlist.app.settings import find_settings; from shortlist.eval.hashes import config_hash; "
        "print(config_hash(find_settings(None, {}).config, 'none'))"
    )
    assert python("-c", code).stdout != python("-c", code, SHORTLIST_PLUGINS="[]").stdout


def test_this_environment_has_no_plugins() -> None:
    PLUGINS.choose(None)
    PLUGINS.load()
    assert PLUGINS.identity == []


@pytest.fixture(scope="module")
def brevity(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables of an environment with a leg from a wheel, and the home with the sample."""
    site = site_of(tmp_path_factory.mktemp("leg"), {"brevity": BREVITY})
    return {"PYTHONPATH": str(site)}


@pytest.mark.integration
class TestLegOfAPlugin:
    """A leg in one file: weight, reason, settings, variants."""

    @pytest.fixture
    def run(self, sample_home: Path, brevity: dict[str, str], shortlist: Callable[..., Done]) -> Callable[..., Done]:
        return lambda *words, **environ: shortlist(*words, **brevity, **{"SHORTLIST_HOME": str(sample_home), **environ})

    def test_it_ranks_and_gives_its_reason(self, run: Callable[..., Done]) -> None:
        items = run("recommend", "user_123", "-k", "5", "--json").document["recommendations"]
        lengths = [item["duration_s"] for item in items]
        assert lengths == sorted(lengths)
        assert {item["reason"] for item in items} == {f"only {seconds:.0f} seconds" for seconds in lengths}
        without = run("--no-plugins", "recommend", "user_123", "-k", "5", "--json").document["recommendations"]
        assert [item["video_id"] for item in without] != [item["video_id"] for item in items]

    def test_its_weight_and_settings_are_those_of_any_leg(self, run: Callable[..., Done]) -> None:
        assert run("config", "--json").document["retrieval.weights"]["value"]["brevity"] == 1000.0
        wrong = run("recommend", "user_123", SHORTLIST_RETRIEVAL__LEGS='{"brevity": {"half": 3}}')
        assert wrong.returncode != 0
        assert "retrieval.legs" in wrong.stderr
        assert "Traceback" not in wrong.stderr

    def test_its_ablation_variants_are_generated(self, python: Callable[..., Done], brevity: dict[str, str]) -> None:
        code = (
            "from shortlist.app.settings import find_settings; find_settings(None, {}); "
            "from shortlist.eval.variants import load_variants; print(*load_variants())"
        )
        assert {"brevity", "without-brevity"} <= set(python("-c", code, **brevity).stdout.split())
