"""The export over a home with all of sample/ and a crowd of readers: rows, formats, kills, bad ids."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pyarrow import parquet

from shortlist.agent.recommend import Recommender
from shortlist.app.export.plan import Plan, check_files, parse_details
from shortlist.app.export.run import ExportResult, export
from shortlist.app.replay import replay
from shortlist.core.config import Config, ExposuresConfig
from shortlist.core.errors import StateError, UsageError
from shortlist.core.ranking import Filters, Request
from shortlist.core.types import Event, Reader
from shortlist.engine.build import open_home, open_recommender
from shortlist.store.home import Home

ROOT = Path(__file__).parents[3]
CROWD = 60
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

Run = Callable[..., ExportResult]


@pytest.fixture(scope="module")
def home(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The sample's home with more readers, of one to six videos each."""
    path = tmp_path_factory.mktemp("crowd") / "home"
    shutil.copytree(sample_home, path)
    with open_home(Config(home=path)) as home:
        videos = home.catalogue.videos.ids()
        home.catalogue.events.add(
            [
                Event(f"crowd-{reader:03d}", videos[(7 * reader + 11 * seen) % len(videos)], "video", "view",
                      NOON - timedelta(minutes=seen), 40.0)
                for reader in range(CROWD)
                for seen in range(1 + reader % 6)
            ]
        )  # fmt: skip
        yield home


@pytest.fixture(scope="module")
def config(home: Home) -> Config:
    return Config.model_validate({"home": home.path, "export": {"workers": 1, "shard": 7}})


@pytest.fixture(scope="module")
def recommender(home: Home, config: Config) -> Recommender:
    return open_recommender(home, config)


@pytest.fixture
def run(home: Home, config: Config) -> Run:
    return over(home, config)


def over(home: Home, config: Config) -> Run:
    """Exports the readers of `home`."""

    def run(
        out: Path,
        *,
        engine: str = "local",
        resume: bool = False,
        users: Path | None = None,
        details: tuple[str, ...] = (),
        **asked: Any,
    ) -> ExportResult:
        more, progress = asked.pop("settings", {}), asked.pop("progress", lambda done: None)
        chosen = config.model_copy(update={"export": config.export.model_copy(update=more)})
        like = Request("", **{"k": 5, **asked})
        plan = Plan(out, like, chosen.export.shard, users, details=details)
        return export(plan, home, chosen, engine, resume=resume, progress=progress)

    return run


def by_reader(file: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in parquet.read_table(file).to_pylist():
        found.setdefault(row["user_id"], []).append(row)
    return found


def check_rows(rows: list[dict[str, Any]], recommender: Recommender, request: Request) -> None:
    answer = recommender.recommend(request)
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["video_id"] for row in rows] == [item.video.id for item in answer.recommendations]
    assert [row["score"] for row in rows] == pytest.approx([one.score for one in answer.recommendations], abs=1e-5)
    for row, item in zip(rows, answer.recommendations, strict=True):
        stages = {name: (stage.rank, pytest.approx(stage.score, abs=1e-5)) for name, stage in item.stages.items()}
        ranked = {
            name.removesuffix("_rank") for name, value in row.items() if name.endswith("_rank") and value is not None
        }
        assert ranked == stages.keys()
        assert {name: (row[f"{name}_rank"], row[f"{name}_score"]) for name in stages} == stages


def test_every_reader_has_the_rows_that_recommend_gives_them(
    run: Run, home: Home, recommender: Recommender, tmp_path: Path
) -> None:
    exported = run(tmp_path / "all.parquet")
    rows = by_reader(tmp_path / "all.parquet")
    assert list(rows) == list(home.catalogue.readers.ids())
    assert (exported.readers, exported.rows, exported.unknown) == (len(rows), sum(map(len, rows.values())), ())
    for user_id in ("user_123", "user_7", "user_new", "crowd-000", "crowd-041"):
        check_rows(rows[user_id], recommender, Request(user_id, 5))


def test_filters_and_k_hold(run: Run, recommender: Recommender, tmp_path: Path) -> None:
    users = tmp_path / "users.txt"
    users.write_text("user_123\n\nuser_7\nuser_123\n")
    filters = Filters(max_duration_s=50, category="Food")
    run(tmp_path / "few.parquet", users=users, k=3, filters=filters)
    rows = by_reader(tmp_path / "few.parquet")
    assert list(rows) == ["user_123", "user_7"]
    check_rows(rows["user_123"], recommender, Request("user_123", 3, filters=filters))


def test_the_metadata_names_models_and_data(run: Run, home: Home, tmp_path: Path) -> None:
    run(tmp_path / "a.parquet")
    kept = parquet.read_schema(tmp_path / "a.parquet").metadata
    assert {b"shortlist.data", b"shortlist.models", b"shortlist.config", b"shortlist.code"} <= kept.keys()
    run(tmp_path / "a.csv")
    beside = json.loads((tmp_path / "a.csv.meta.json").read_text())
    assert beside["data"] == kept[b"shortlist.data"].decode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.csv.meta.json", "a.parquet"]


def test_all_formats_say_the_same(run: Run, tmp_path: Path) -> None:
    users = tmp_path / "users.csv"
    users.write_text("user_id,name\nuser_7,Seven\nuser_123,\n")
    for name in ("a.parquet", "a.csv", "a.jsonl", "a.xlsx"):
        run(tmp_path / name, users=users)
    whole = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()] == whole
    with (tmp_path / "a.csv").open() as file:
        read = list(csv.DictReader(file))
    assert [(row["user_id"], row["video_id"], float(row["score"])) for row in read] == [
        (row["user_id"], row["video_id"], row["score"]) for row in whole
    ]
    assert [list(row) for row in sheet(tmp_path / "a.xlsx")] == [list(row) for row in whole]
    for found, row in zip(sheet(tmp_path / "a.xlsx"), whole, strict=True):
        numbers = {name: value for name, value in row.items() if isinstance(value, float)}
        assert {name: found[name] for name in numbers} == pytest.approx(numbers, rel=1e-14)  # Excel has 15 digits
        assert {name: found[name] for name in row.keys() - numbers} == {
            name: row[name] for name in row.keys() - numbers
        }


def sheet(file: Path) -> list[dict[str, Any]]:
    header, *lines = load_workbook(file).worksheets[0].values
    return [dict(zip(header, line, strict=True)) for line in lines]


def test_details_are_those_of_recommend_and_change_no_other_column(
    run: Run, recommender: Recommender, tmp_path: Path
) -> None:
    details = ("title", "url", "reason", "channel", "duration_s", "published", "category", "category_is_guess")
    users = tmp_path / "users.txt"
    users.write_text("user_123\n")
    for name, chosen in (("plain.jsonl", ()), ("a.jsonl", details), ("a.xlsx", details), ("a.parquet", details)):
        run(tmp_path / name, users=users, details=chosen)
    plain, rows = (list(map(json.loads, (tmp_path / name).open())) for name in ("plain.jsonl", "a.jsonl"))
    assert [{name: row[name] for name in plain[0]} for row in rows] == plain
    items = recommender.recommend(Request("user_123", 5)).recommendations
    assert [(row["title"], row["reason"]) for row in rows] == [(one.video.display_title, one.reason) for one in items]
    assert [row["published"] and datetime.fromisoformat(row["published"]) for row in rows] == [
        one.video.published for one in items
    ]
    assert [row["published"] for row in parquet.read_table(tmp_path / "a.parquet").to_pylist()] == [
        one.video.published for one in items
    ]
    in_excel = [row["published"] and row["published"].replace(tzinfo=UTC) for row in sheet(tmp_path / "a.xlsx")]
    assert in_excel == [one.video.published for one in items]


@pytest.mark.parametrize("names", ["title,views", "title,title", "title,,url"])
def test_unknown_details_are_rejected(names: str) -> None:
    with pytest.raises(UsageError, match=r"unknown columns: expected some of title,url,channel"):
        parse_details(names)


@pytest.mark.parametrize(("raw", "shown"), [(False, "'"), (True, "")])
def test_no_id_becomes_a_formula_in_a_spreadsheet(
    config: Config, home: Home, tmp_path: Path, raw: bool, shown: str
) -> None:
    ids = ["=HYPERLINK(A1)", "+1", "-1", "@SUM(A1)", "plain=id"]
    home.catalogue.readers.put([Reader(user_id, NOON) for user_id in ids])
    (tmp_path / "users.txt").write_text("\n".join(ids))
    for name in ("a.csv", "a.jsonl", "a.xlsx"):
        plan = Plan(tmp_path / name, Request("", 1), 500, tmp_path / "users.txt", raw)
        export(plan, home, config, "local", resume=False, progress=lambda _done: None)
    with (tmp_path / "a.csv").open() as file:
        written = list(csv.DictReader(file))
    assert [row["user_id"] for row in written] == [*(f"{shown}{user_id}" for user_id in ids[:4]), "plain=id"]
    assert [row["user_id"] for row in sheet(tmp_path / "a.xlsx")] == [row["user_id"] for row in written]
    assert all(float(row["score"]) <= 1 for row in written)
    lines = (tmp_path / "a.jsonl").read_text().splitlines()
    assert [json.loads(line)["user_id"] for line in lines] == ids


def test_unknown_readers_are_named_and_the_rest_is_written(run: Run, tmp_path: Path) -> None:
    users = tmp_path / "users.txt"
    users.write_text("\ufeffnobody\nuser_7\nUSER_7\n../../etc\n" + "x" * 5000 + "\n")
    exported = run(tmp_path / "a.parquet", users=users)
    assert exported.unknown == ("nobody", "USER_7", "../../etc", "x" * 5000)
    assert list(by_reader(tmp_path / "a.parquet")) == ["user_7"]


@pytest.mark.slow
def test_more_processes_write_the_same_bytes(run: Run, tmp_path: Path) -> None:
    run(tmp_path / "one.parquet")
    run(tmp_path / "two.parquet", settings={"workers": 2})
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_a_resumed_workbook_has_the_same_bytes(run: Run, tmp_path: Path) -> None:
    users, out = tmp_path / "users.txt", tmp_path / "a.xlsx"
    users.write_text("\n".join(f"crowd-{reader:03d}" for reader in range(6)))
    asked = {"details": ("title", "reason"), "users": users, "settings": {"shard": 1}}
    run(out, **asked)
    whole = out.read_bytes()
    with pytest.raises(Stopped):
        run(out, **asked, progress=stop_at_fourth())
    with pytest.raises(UsageError, match=r"others \(with\)"):
        run(out, **{**asked, "details": ("title",)}, resume=True)
    run(out, **asked, resume=True)
    assert out.read_bytes() == whole


def test_what_was_done_is_kept_only_for_the_same_question(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "a.parquet"
    run(out)
    whole = out.read_bytes()
    stopped(run, out)
    with pytest.raises(UsageError, match=r"others \(k\)"):
        run(out, resume=True, k=6)
    assert len(list(tmp_path.glob("a.parquet.parts/*.arrow"))) == 4
    resumed = run(out, resume=True)
    assert out.read_bytes() == whole
    assert resumed.rows == parquet.read_table(out).num_rows
    assert not (tmp_path / "a.parquet.parts").exists()


@pytest.mark.parametrize(
    "reader", [Reader("a new one"), Reader("user_123", interests=("sailing",))], ids=lambda r: r.id
)
def test_other_readers_are_another_export(reader: Reader, home: Home, config: Config, tmp_path: Path) -> None:
    shutil.copytree(home.path, tmp_path / "home")
    with open_home(Config(home=tmp_path / "home")) as own:
        run, out = over(own, config.model_copy(update={"home": own.path})), tmp_path / "a.parquet"
        stopped(run, out)
        own.catalogue.readers.put([reader])
        with pytest.raises(UsageError, match=r"others \(readers\)"):
            run(out, resume=True)
        run(out)
        assert list(by_reader(out)) == list(own.catalogue.readers.ids())


class Stopped(Exception):
    """Ends an export in the middle."""


def stop_at_fourth() -> Callable[[int], None]:
    """A progress that raises `Stopped` after four parts."""
    done: list[int] = []

    def progress(readers: int) -> None:
        done.append(readers)
        if len(done) == 4:
            raise Stopped

    return progress


def stopped(run: Run, out: Path) -> None:
    """An export that ends in the middle: its parts lie there."""
    with pytest.raises(Stopped):
        run(out, progress=stop_at_fourth())


SCRIPT = "from shortlist.app.cli.main import run; run()"


def start(home: Path, out: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, "--home", str(home), "export", "--out", str(out), "-k", "5", *words]
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(Path.home()),
        "SHORTLIST_EXPORT__SHARD": "2",
        "SHORTLIST_EXPORT__WORKERS": "2",
    }
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str], code: int = 0) -> str:
    said, errors = process.communicate(timeout=300)
    assert process.returncode == code, errors
    return said


@pytest.mark.slow
def test_killed_and_resumed_it_writes_the_same_file(home: Home, tmp_path: Path) -> None:
    said = finished(start(home.path, tmp_path / "undisturbed.jsonl"))
    assert "rows for 72 readers" in said
    out = tmp_path / "killed.jsonl"
    for fewest in (1, 5, 9):
        process = start(home.path, out, "--resume")
        deadline = time.monotonic() + 240
        while process.poll() is None and len(list(tmp_path.glob("killed.jsonl.parts/*.arrow"))) < fewest:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not out.exists()
    finished(start(home.path, out, "--resume"))
    assert out.read_bytes() == (tmp_path / "undisturbed.jsonl").read_bytes()
    assert not list(tmp_path.glob("*.unfinished"))


def test_a_folder_is_no_file_to_write(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(UsageError, match="found a folder"):
        check_files(tmp_path / "a.csv", None)


def test_two_exports_to_one_file_do_not_mix(run: Run, home: Home, config: Config, tmp_path: Path) -> None:
    from filelock import FileLock

    with FileLock(tmp_path / "a.parquet.parts.lock"), pytest.raises(StateError, match="being written"):
        run(tmp_path / "a.parquet")


def test_a_full_disk_is_reported_and_nothing_is_half_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "a.jsonl"
    out.write_text("the old file\n")
    real = Path.replace

    def full(self: Path, target: Path) -> Path:
        if self.suffix == ".unfinished" and self.name.startswith("00000002"):
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StateError, match="free space on the disk"):
        run(out)
    monkeypatch.undo()
    assert out.read_text() == "the old file\n"
    run(out, resume=True)
    assert len(out.read_text().splitlines()) > CROWD


@pytest.mark.slow
def test_on_ray_the_rows_are_the_same(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    run(tmp_path / "local.parquet")
    run(tmp_path / "ray.parquet", engine="ray", settings={"workers": 1})
    assert (tmp_path / "local.parquet").read_bytes() == (tmp_path / "ray.parquet").read_bytes()


def test_an_experiment_that_splits_readers_is_in_the_rows_and_recorded(
    sample_home: Path, config: Config, tmp_path: Path
) -> None:
    path = shutil.copytree(sample_home, tmp_path / "home")
    settings = config.model_copy(update={"home": path, "exposures": ExposuresConfig(explore=0.5)})
    with open_home(settings) as home:
        popular = {"name": "popular", "alone": "popular"}
        experiment = home.catalogue.experiments.start("mail", {"name": "default"}, popular, "split")
        over(home, settings)(tmp_path / "out.parquet", rerank="none", settings={"workers": 2})
        rows = by_reader(tmp_path / "out.parquet")
        shown = {one.request.user_id: one for one in home.catalogue.exposures.iterate("mail")}
        over(home, settings)(tmp_path / "out.parquet", rerank="none")
        assert home.catalogue.counts().readers == len(list(home.catalogue.exposures.iterate("mail")))
        found = replay(home, settings, next(iter(shown.values())).request_id)
    assert (found.same, found.changed) == (True, ())
    assert {row["variant"] for own in rows.values() for row in own} == {"a", "b"}
    for user_id, own in rows.items():
        exposure = shown[user_id]
        assert {row["variant"] for row in own} == {experiment.side_of(user_id)}
        assert {row["request_id"] for row in own} == {exposure.request_id}
        assert [(row["video_id"], row["rank"]) for row in own] == [(one.item_id, one.rank) for one in exposure.items]
    of_b = [own for own in rows.values() if own[0]["variant"] == "b"]
    assert all(row["popular_rank"] is not None for own in of_b for row in own)
