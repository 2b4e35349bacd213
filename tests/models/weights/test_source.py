"""`models.source`: weights, and the exports of encoders, from your own folder or object storage."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import numpy as np
import pytest

from shortlist.core.config import Config, EncoderConfig, ModelsConfig
from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.errors import ModelMissing
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.loader import load_encoder
from shortlist.models.encoders.onnx_encoder import OnnxEncoder
from shortlist.models.weights.manifest import load_manifest
from shortlist.models.weights.resolve import cache_folder, resolve
from tests.models.weights.conftest import CONFIG_JSON, ENCODER, MANIFEST, WEIGHTS, Hub, assert_whole, config

pytestmark = pytest.mark.servers
FILES = {"toy/w.bin": WEIGHTS, "toy/sub/c.json": CONFIG_JSON}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the toy model."""
    for name, content in FILES.items():
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "mine"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the toy model in a moto server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="weights")
    for name, content in FILES.items():
        client.put_object(Bucket="weights", Key=f"of/ours/{name}", Body=content)
    yield "s3://weights/of/ours"
    server.stop()


@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_only_the_source_is_read_offline(
    place: str, request: pytest.FixtureRequest, tmp_path: Path, toy_hub: Hub
) -> None:
    fetched: list[int] = []
    source = str(request.getfixturevalue(place))
    settings = config(tmp_path / "cache", toy_hub.url, offline=True, source=source)
    assert_whole(resolve("toy", settings, fetched.append, MANIFEST))
    assert sum(fetched) == ENCODER.size
    assert toy_hub.paths == []


def test_object_storage_is_read_before_the_hub(tmp_path: Path, bucket: str, toy_hub: Hub) -> None:
    assert_whole(resolve("toy", config(tmp_path, toy_hub.url, source=f"{bucket}/"), manifest=MANIFEST))
    assert toy_hub.paths == []


def test_weights_come_from_the_s3_server_of_the_media(
    tmp_path: Path, bucket: str, toy_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    models = config(tmp_path, toy_hub.url, offline=True, source=bucket)
    settings = Config(models=models, media=MediaConfig(s3_endpoint=endpoint))
    assert_whole(resolve("toy", settings.models, manifest=MANIFEST))
    own = Config(models=settings.models, media=MediaConfig(s3_endpoint="http://127.0.0.1:9"))
    assert own.models.s3_endpoint == endpoint


def test_other_bytes_are_refused_and_the_hub_is_asked(tmp_path: Path, bucket: str, toy_hub: Hub) -> None:
    boto3.client("s3").put_object(Bucket="weights", Key="of/ours/toy/w.bin", Body=WEIGHTS[::-1])
    with pytest.raises(ModelMissing, match=f"wrong file from {bucket}"):
        resolve("toy", config(tmp_path, source=bucket), manifest=MANIFEST)
    assert_whole(resolve("toy", config(tmp_path, toy_hub.url, source=bucket), manifest=MANIFEST))


def test_a_missing_file_is_named(tmp_path: Path, bucket: str, folder: Path) -> None:
    boto3.client("s3").delete_object(Bucket="weights", Key="of/ours/toy/w.bin")
    (folder / "toy/w.bin").unlink()
    for source, found in ((bucket, "Not Found"), (str(folder), "No such file")):
        with pytest.raises(ModelMissing, match=rf"models\.source failed.*{found}"):
            resolve("toy", config(tmp_path / "cache", source=source), manifest=MANIFEST)


@pytest.fixture
def exported(encoder: Encoder, tmp_path: Path) -> Path:
    """A folder with the shipped encoder and its export, without the rest of the cache."""
    folder = tmp_path / "exported"
    shutil.copytree(cache_folder(ModelsConfig()) / encoder.name, folder / encoder.name, copy_function=link)
    return folder


def link(source: str, to: str) -> None:
    Path(to).symlink_to(source)


def test_an_export_comes_with_the_weights(exported: Path, encoder: Encoder, tmp_path: Path) -> None:
    settings = ModelsConfig(cache=tmp_path / "cache", offline=True, source=str(exported))
    loaded = load_encoder(EncoderConfig(), settings)
    assert isinstance(loaded, OnnxEncoder)
    np.testing.assert_array_equal(loaded.encode(["bread"]), encoder.encode(["bread"]))


@pytest.mark.parametrize("damaged", ["model.onnx", "export.json"])
def test_a_damaged_export_is_not_used(
    damaged: str, exported: Path, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = exported / encoder.name / "onnx" / damaged
    path.unlink()
    path.write_bytes(b"damaged")
    monkeypatch.setitem(sys.modules, "torch", None)  # as in an image that serves
    settings = ModelsConfig(cache=tmp_path / "cache", offline=True, source=str(exported))
    with pytest.raises(ModelMissing, match="the encoder has no export, and PyTorch is not installed"):
        load_encoder(EncoderConfig(), settings)
    assert load_manifest()[encoder.name].location(tmp_path / "cache" / encoder.name).is_dir()
