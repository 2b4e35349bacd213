"""`shortlist import`, as a person uses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.history.samples import TEXTS, firefox, jellyfin
from tests.ingest.history.takeout_exports import archive, watched

Shortlist = Callable[..., Any]
Hashing = Callable[[], AbstractContextManager[Any]]


def test_a_takeout_gets_in_and_out_again(here: Shortlist, hashing: Hashing, tmp_path: Path) -> None:
    home = tmp_path / "home"
    path = archive(tmp_path / "takeout.zip", {"history.json": [watched(number) for number in range(30)]})
    with hashing():
        seen = here("import", str(path), "--dry-run", home=home).stdout
        assert "30 watches" in seen
        assert "from 08 Mar 2024" in seen
        assert not home.exists()
        here("import", str(path), home=home).says(2, "--yes")
        done = here("import", str(path), "--yes", home=home).stdout
        assert "30 new events, 0 known, 30 new titles" in done
        assert "mostly Channel 0, Channel 1 and Channel 2." in done
        assert "Next: follow channels" in done
        again = json.loads(here("import", str(path), "--yes", "--json", home=home).stdout)
        assert (again["imported"]["new"], again["imported"]["known"]) == (0, 30)
        listed = here("import", "list", home=home).stdout
        assert "30 watches" in listed
        here("import", "undo", "9", home=home).says(2, "no import 9")
        assert "30 events of me and 30 titles" in here("import", "undo", "1", home=home).stdout
        here("import", "undo", "2", home=home)
        assert "no imports" in here("import", "list", home=home).stdout


def test_channels_are_followed_and_unfollowed(here: Shortlist, hashing: Hashing, tmp_path: Path) -> None:
    home = tmp_path / "home"
    channel = "UCabcdefghijklmnopqrstuv"
    path = tmp_path / "subscriptions.csv"
    path.write_text(
        f"Channel Id,Channel Url,Channel Title\n{channel},http://www.youtube.com/channel/{channel},Orbit\n,,\n"
    )
    with hashing():
        done = here("import", str(path), "--yes", "--follow", home=home).stdout
        assert "1 channel followed" in done
        assert "shortlist sync" in done
        assert "Orbit" in here("following", home=home).stdout
        here("import", "undo", "1", home=home)
        assert "nothing is followed" in here("following", home=home).stdout


def test_an_export_reads_the_candidates_of_the_home(here: Shortlist, hashing: Hashing, tmp_path: Path) -> None:
    home = tmp_path / "home"
    videos = tmp_path / "videos.jsonl"
    videos.write_text("".join(json.dumps({"id": f"v{n}", "title": f"Title {n} of space"}) + "\n" for n in range(8)))
    path = tmp_path / "watch-history.json"
    path.write_text(json.dumps([watched(number) for number in range(5)]))
    with hashing():
        here("ingest", "videos", str(videos), home=home)
        done = here("import", str(path), "--yes", home=home).stdout
        assert "First for me:" in done
        here("ingest", "events", str(path), home=home).says(2, "shortlist import")


def test_ingest_names_the_command_for_an_export(here: Shortlist, tmp_path: Path) -> None:
    home = tmp_path / "home"
    opml, activity = tmp_path / "feeds.opml", tmp_path / "ViewingActivity.csv"
    opml.write_text(TEXTS["OPML"])
    activity.write_text(TEXTS["Netflix viewing activity"])
    for kind in ("videos", "articles", "events"):
        here("ingest", kind, str(opml), home=home).says(2, "OPML", f"`shortlist import {opml}`")
    here("ingest", "events", str(activity), home=home).says(2, "Netflix viewing activity", "`shortlist import ")


def test_what_is_no_export_is_refused_in_a_line(here: Shortlist, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("bread, milk")
    here("import", str(path), home=tmp_path / "home").says(2, "no history was recognised")


def test_pages_of_a_browser_are_imported_by_domain(here: Shortlist, hashing: Hashing, tmp_path: Path) -> None:
    home, path = tmp_path / "home", firefox(tmp_path / "places.sqlite")
    with hashing():
        seen = here("import", str(path), "--dry-run", home=home).stdout
        assert "pages, imported only if you approve their domain: 1 of lwn.net, 1 of example.org" in seen
        here("import", str(path), "--yes", "--domain", "bank.example", home=home).says(2, "one of lwn.net, example.org")
        done = here("import", str(path), "--yes", "--domain", "lwn.net", home=home).stdout
        assert "2 new events" in done
        assert "example.org" not in here("export-reader", "me", home=home).stdout
        assert "0 new events, 1 known" in here("import", str(path), "--yes", home=home).stdout


def test_acts_of_several_persons_are_told_apart(here: Shortlist, hashing: Hashing, tmp_path: Path) -> None:
    home, path = tmp_path / "home", jellyfin(tmp_path / "jellyfin.db")
    with hashing():
        here("import", str(path), "--yes", home=home).says(
            2, "several persons: expected the name of one, found ana, ben"
        )
        assert "2 new events" in here("import", str(path), "--yes", "--person", "ana", home=home).stdout


def test_auto_reads_what_is_on_this_machine(
    here: Shortlist, hashing: Hashing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    home = tmp_path / "home"
    with hashing():
        here("import", "auto", "--yes", home=home).says(2, "no browser or player was found")
        profile = tmp_path / ".mozilla" / "firefox" / "x.default"
        profile.mkdir(parents=True)
        firefox(profile / "places.sqlite")
        here("import", "auto", home=home).says(2, "nobody to ask")
        assert "Firefox history" in here("import", "auto", "--dry-run", home=home).stdout
