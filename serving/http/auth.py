"""Authenticate requests by key: its scope and its rate. A home that never had a key is open to this machine."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shortlist.serving.limits.interprocess import TokenBucket
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.keys import Key, Scope

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

AT_ONCE = 8  # keys looked up, in threads that nothing else takes: the catalogue may be on a server that is slow

CHALLENGE = "WWW-Authenticate"

bearer = HTTPBearer(auto_error=False, description="A key made by `shortlist keys create`.")


class Authenticator:
    """Whether a request is admitted.

    A `keyless` server admits all requests of this machine until the first key is created. `rates` bound the requests
    of each key; None does not.
    """

    def __init__(self, catalogue: Catalogue, rates: TokenBucket | None, *, keyless: bool) -> None:
        self._catalogue = catalogue
        self._rates = rates
        self._open = keyless
        self._threads = CapacityLimiter(AT_ONCE)

    async def admit(self, request: Request, secret: str | None, needed: Scope) -> Key | None:
        """The caller's key; None where no keys are. Raises `HTTPException` 401, 403 or 429, and `StateError`."""
        return await run_sync(self._admitted, request, secret, needed, limiter=self._threads)

    def _admitted(self, request: Request, secret: str | None, needed: Scope) -> Key | None:
        if self._open and not self._catalogue.keys.ever_existed():
            if host_of(str(request.url)) not in LOCAL_HOSTS:  # a web page that was pointed at this machine
                raise HTTPException(403, "without keys only this machine is answered, by its own name")
            return None
        self._open = False
        key = self._catalogue.keys.recognise(secret) if secret else None
        if key is None:
            raise HTTPException(401, "expected a valid key", {CHALLENGE: "Bearer"})
        check_scope(key, needed)
        wait_s = self._rates.take(key.id) if self._rates else 0.0
        if wait_s:
            raise HTTPException(429, "too many requests of this key", {"Retry-After": str(round(wait_s) + 1)})
        request.state.key_id = key.id
        return key


def host_of(url: str) -> str | None:
    """The host that `url` names; None where it is no address."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def credentials(request: Request, scheme: str) -> str | None:
    """What a request gives by `scheme` to prove whose it is."""
    given_scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if given_scheme.lower() == scheme.lower() else None


def check_scope(key: Key, needed: Scope) -> None:
    """Raises `HTTPException` 403 where `key` may not do what is `needed`."""
    if needed == "write" and key.scope != "write":
        raise HTTPException(403, "this key may read, not write", {CHALLENGE: 'Bearer error="insufficient_scope"'})


Described = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def reading(request: Request, _given: Described) -> str | None:
    """The id of the key, if any; `Admission` has let it in. `_given` describes it in /openapi.json."""
    key: Key | None = request.state.key
    return key.id if key else None


async def writing(request: Request, _given: Described) -> str | None:
    """Admits whoever may write."""
    key: Key | None = request.state.key
    if key is not None:
        check_scope(key, "write")
    return key.id if key else None


Reading = Annotated[str | None, Depends(reading)]
Writing = Annotated[str | None, Depends(writing)]
