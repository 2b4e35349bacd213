"""Download weights from a model hub over HTTP, and resume interrupted downloads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

import httpx

from shortlist.core.errors import ModelMissing
from shortlist.models.weights.manifest import Model, WeightFile

ATTEMPTS = 3
READ_TIMEOUT_S = 30.0


@cache
def unreachable(hub: str, timeout_s: float) -> str | None:
    """Return the reason that `hub` cannot be reached, or None if it can. Takes at most `timeout_s` seconds.

    Any HTTP answer counts as reached. The result is cached for the life of the process.
    """
    results: list[str | None] = []

    def probe() -> None:
        try:
            httpx.head(hub, timeout=timeout_s)
            results.append(None)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            results.append(_reason(error))

    # In a thread: name resolution ignores timeouts, and httpx gives each address of a name the full time.
    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(timeout_s)
    return results[0] if results else f"no answer in {timeout_s:g} s"


def download(
    model: Model,
    file: WeightFile,
    partial: Path,
    hub: str,
    timeout_s: float,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Download `file` to `partial`, which may hold its beginning. `progress` gets the number of bytes just written.

    Raises `ModelMissing` if the hub answers with an error, or the download breaks off or has another size `ATTEMPTS`
    times.
    """
    url = f"{hub.rstrip('/')}/{model.repository}/resolve/{model.revision}/{file.path}"
    reason = ""
    for _ in range(ATTEMPTS):
        try:
            _append(url, partial, file.size, httpx.Timeout(READ_TIMEOUT_S, connect=timeout_s), progress)
        except httpx.HTTPStatusError as error:
            raise _failed(url, f"HTTP status {error.response.status_code}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = _reason(error)
        else:
            return
    raise _failed(url, f"{reason} after {partial.stat().st_size if partial.exists() else 0:,} of {file.size:,} bytes")


def _append(url: str, partial: Path, size: int, timeout: httpx.Timeout, progress: Callable[[int], None] | None) -> None:
    done = partial.stat().st_size if partial.exists() else 0
    if done >= size:
        partial.unlink()
        done = 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with httpx.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=True) as response:
        response.raise_for_status()
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        with partial.open("ab" if resumed else "wb") as out:
            for chunk in response.iter_raw():
                out.write(chunk)
                if progress:
                    progress(len(chunk))
    if partial.stat().st_size != size:
        raise httpx.RemoteProtocolError(f"the answer ended at {partial.stat().st_size:,} bytes")


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _failed(url: str, found: str) -> ModelMissing:
    return ModelMissing("download failed", expected=f"the file at {url}", found=found, remedy="try again later")
