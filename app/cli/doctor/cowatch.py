"""`shortlist doctor cowatch`: count again which video is watched after which."""

from __future__ import annotations

from typing import Annotated, cast

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cowatch import Engine, count_again
from shortlist.core.errors import UsageError


@command()
def cowatch(
    call: Call, engine: Annotated[str, typer.Option("--engine", help="local, or ray on a cluster.")] = "local"
) -> None:
    """Count again which video is watched after which, from all events. Other commands add new events by themselves.

    With many events, keep only the strongest links (retrieval.cowatch_top) and count on a cluster (docs/scale.md).

    Example: shortlist doctor cowatch --engine ray
    """
    if engine not in ("local", "ray"):
        raise UsageError("unknown engine", expected="local or ray", found=repr(engine), remedy="correct --engine")
    with call.open_home(any_encoder=True) as store:
        links = count_again(store, call.config, cast("Engine", engine))
    counts = {"videos": len(links.ids), "readers": links.readers, "links": int(links.forward.nnz)}
    line = f"{counts['links']:,} links between {counts['videos']:,} videos, from {counts['readers']:,} readers"
    call.show({**counts, "events": links.counted, "top": call.config.retrieval.cowatch_top}, [line])
