"""`shortlist report` as a user calls it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.usefixtures("hashed")
def test_a_report_needs_ten_days_and_then_compares_shortlist_with_five_other_rankings(
    here: Callable[..., Any], small_home: Path, tmp_path: Path
) -> None:
    home, table = tmp_path / "home", tmp_path / "events.csv"
    shutil.copytree(small_home, home)
    few = here("report", "ann", home=home)
    assert few.stdout == "not enough yet: 10 more days on which ann watches something new\n"
    rows = ["user_id,item_id,kind,action,at"]
    for day in range(60):  # eve watches the same five videos for forty days, then new ones
        at = (START + timedelta(days=day)).isoformat()
        rows.append(f"eve,v{day % 5 if day < 40 else day - 35:02},video,view,{at}")
        rows += [f"bob{other},v{other:02},video,view,{at}" for other in range(60)]
    table.write_text("\n".join(rows))
    assert here("ingest", "events", str(table), home=home).returncode == 0
    card = json.loads(here("report", "eve", "--json", home=home).stdout)
    assert card["days"] == card["watched"] == 12
    assert {row["name"] for row in card["rankings"]} == {
        "shortlist", "dense alone", "popular", "newest first", "favourite channels", "random",
    }  # fmt: skip
    said = here("report", "eve", home=home).stdout
    assert "Of 12 videos that eve watched on 12 days since" in said
    assert "does not know all videos" in said
    assert here("report", "nobody", home=home).returncode != 0
