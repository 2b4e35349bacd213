"""Build what unattended runs need: the workplace of arriving files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from shortlist.core.config import Config
from shortlist.core.errors import ServiceError
from shortlist.store.home import Home

if TYPE_CHECKING:
    from shortlist.ops.data.inbox import Inbox
    from shortlist.ops.data.workplace import Workplace


@contextmanager
def open_workplace(home: Home, config: Config) -> Iterator[Workplace]:
    """Open the inbox and the ledger of `home`. Raises `ServiceError` if the extra is not installed."""
    require_ops()
    from shortlist.app.build import encoder_of, transcriber_of
    from shortlist.ingest.media.pipeline import Models
    from shortlist.ops.data.ledger import Ledger
    from shortlist.ops.data.workplace import Workplace

    ledger = Ledger(home.path)
    try:
        yield Workplace(home, config, open_inbox(config), ledger, Models(transcriber_of(config), encoder_of(config)))
    finally:
        ledger.close()


def open_inbox(config: Config) -> Inbox:
    """Open the inbox of the settings: `pipeline.folder`, or the home."""
    from shortlist.ingest.media.s3 import SCHEME, s3_client
    from shortlist.ops.data.inbox import LocalInbox

    folder = config.pipeline.folder
    if folder is not None and folder.startswith(SCHEME):
        client = s3_client(config.media)  # raises if boto3 is not installed
        from shortlist.ops.data.s3_inbox import S3Inbox

        return S3Inbox(folder, client)
    return LocalInbox(config.home if folder is None else Path(folder).expanduser(), config.pipeline.settle_s)


def require_ops() -> None:
    """Raise `ServiceError` if polars or pandera is not installed."""
    from importlib.util import find_spec

    if find_spec("polars") is None or find_spec("pandera") is None:
        raise ServiceError(
            "the packages of the pipeline are not installed",
            expected="pandera with polars, which check arriving rows",
            found="none",
            remedy="run `pip install 'shortlist[ops]'`",
        )
