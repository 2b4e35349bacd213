"""Who may do what: keys, their scope and their rate. Without any key, whoever is on this machine may do all."""

from __future__ import annotations

import threading
from collections import OrderedDict
from time import monotonic
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from store.catalogue import Catalogue
from store.keys import Key, Scope

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
BURST_S = 2.0
REMEMBERED = 10_000

bearer = HTTPBearer(auto_error=False, description="A key made by `shortlist keys create`.")


class Access:
    """The door. `open_` if there was no key at the start; keys made later close it."""

    def __init__(self, catalogue: Catalogue, rate_per_s: float) -> None:
        self._catalogue = catalogue
        self._rates = Rates(rate_per_s)
        self._open = not catalogue.has_keys()

    def admit(self, request: Request, secret: str | None, needed: Scope) -> str | None:
        """The id of the caller's key; None where no keys are. Raises `HTTPException` 401, 403 or 429."""
        if self._open and not self._catalogue.has_keys():
            if request.url.hostname not in LOCAL_HOSTS:  # a web page that was pointed at this machine
                raise HTTPException(403, "without keys only this machine is answered, by its own name")
            return None
        self._open = False
        key = self._catalogue.key_of(secret) if secret else None
        if key is None:
            raise HTTPException(401, "expected a valid key", {"WWW-Authenticate": "Bearer"})
        _check_scope(key, needed)
        wait_s = self._rates.take(key.id)
        if wait_s:
            raise HTTPException(429, "too many requests of this key", {"Retry-After": str(round(wait_s) + 1)})
        request.state.key_id = key.id
        return key.id


class Rates:
    """A bucket of tokens for each caller: `per_s` flow in, twice as many fit."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, caller: str) -> float:
        """Take a token: 0, or the seconds until there is one."""
        now = monotonic()
        full = max(1.0, BURST_S * self._per_s)
        with self._lock:
            tokens, since = self._buckets.pop(caller, (full, now))
            tokens = min(full, tokens + (now - since) * self._per_s)
            granted = tokens >= 1
            self._buckets[caller] = (tokens - granted, now)
            while len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        return 0.0 if granted else (1 - tokens) / self._per_s


def _check_scope(key: Key, needed: Scope) -> None:
    if needed == "write" and key.scope != "write":
        raise HTTPException(403, "this key may read, not write")


Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def reading(request: Request, credentials: Credentials) -> str | None:
    """Admits whoever may read; the id of the key, if any."""
    access: Access = request.app.state.access
    return access.admit(request, credentials.credentials if credentials else None, "read")


async def writing(request: Request, credentials: Credentials) -> str | None:
    """Admits whoever may write."""
    access: Access = request.app.state.access
    return access.admit(request, credentials.credentials if credentials else None, "write")


Reading = Annotated[str | None, Depends(reading)]
Writing = Annotated[str | None, Depends(writing)]
