"""Get weights from your own folder or object storage (`models.source`), laid out as the cache: MODEL/FILE."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from shortlist.core.config import ModelsConfig
from shortlist.core.errors import ModelMissing
from shortlist.core.object_storage import SCHEME, aws_client, split_folder

ATTEMPTS, TIMEOUT_S = 4, 20.0


def fetch(config: ModelsConfig, name: str, to: Path, progress: Callable[[int], None] | None = None) -> None:
    """Copy the file `name` ("all-MiniLM-L6-v2/config.json") of `config.source` to the path `to`.

    `progress` gets the number of bytes just copied. Raises `ModelMissing` if the file cannot be read, `ServiceError`
    without boto3, and `OSError` if `to` cannot be written.
    """
    address = str(config.source)
    to.parent.mkdir(parents=True, exist_ok=True)
    if address.startswith(SCHEME):
        _download(address, name, to, config.s3_endpoint, progress)
        return
    path = Path(address).expanduser() / name
    try:
        source = path.open("rb")
    except OSError as error:
        raise _failed(str(path), error.strerror or str(error)) from error
    with source, to.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
    if progress:
        progress(to.stat().st_size)


def _download(address: str, name: str, to: Path, endpoint: str | None, progress: Callable[[int], None] | None) -> None:
    client = aws_client("s3", ATTEMPTS, TIMEOUT_S, endpoint)  # raises if boto3 is not installed
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, prefix = split_folder(address)
    key = prefix + name
    try:
        client.download_file(bucket, key, str(to), Callback=progress)
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise _failed(f"{SCHEME}{bucket}/{key}", str(error)) from error


def _failed(location: str, found: str) -> ModelMissing:
    return ModelMissing(
        "the copy from models.source failed", expected=f"the file {location}", found=found,
        remedy="copy the weights there, or correct models.source",
    )  # fmt: skip
