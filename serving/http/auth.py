"""Authenticate requests by key: its scope and its rate. A home that never had a key is open to this machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shortlist.serving.limits.interprocess import TokenBucket
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.keys import Key, Permission

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

    async def admit(self, request: Request, secret: str | None, needed: Permission | None) -> Key | None:
        """The caller's key, which includes `needed`; None on an open server.

        Raises `HTTPException` 401, 403 or 429, and `StateError`.
        """
        return await run_sync(self._admitted, request, secret, needed, limiter=self._threads)

    def _admitted(self, request: Request, secret: str | None, needed: Permission | None) -> Key | None:
        if self._open and not self._catalogue.keys.ever_existed():
            if host_of(str(request.url)) not in LOCAL_HOSTS:  # a web page that was pointed at this machine
                raise HTTPException(403, "without keys only this machine is answered, by its own name")
            return None
        self._open = False
        key = self._catalogue.keys.recognise(secret) if secret else None
        if key is None:
            raise HTTPException(401, "expected a valid key", {CHALLENGE: "Bearer"})
        if needed is not None:
            check_permission(key, needed)
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


def check_permission(key: Key | None, needed: Permission) -> None:
    """Raises `HTTPException` 403 if `key` does not include `needed`; a server without keys allows everything."""
    if key is not None and not key.may(needed):
        raise _forbidden(key)


def _forbidden(key: Key) -> HTTPException:
    challenge = {CHALLENGE: 'Bearer error="insufficient_scope"'}
    return HTTPException(403, f"the scope of this key, {key.scope.partition(':')[0]}, does not include this", challenge)


Described = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request; `key` is None on a server without keys."""

    key: Key | None

    @property
    def id(self) -> str | None:
        """The id of the key, if any."""
        return self.key.id if self.key else None

    def check_reader(self, user_id: str) -> None:
        """Raises `HTTPException` 403 unless the caller may read the data of this reader."""
        if self.key is not None and not self.key.may_read(user_id):
            raise _forbidden(self.key)

    def check_events(self, events: Sequence[object]) -> None:
        """Raises `HTTPException` 403 unless the caller may store all these events."""
        if self.key is None or self.key.may("write"):
            return
        for event in events:
            if not isinstance(event, dict) or event.get("user_id") != self.key.reader:
                raise _forbidden(self.key)


def _needing(permission: Permission) -> Callable[..., Awaitable[Caller]]:
    """A dependency of a route; `ReadAuthMiddleware` has authenticated the key, `_given` describes it in OpenAPI."""

    async def permitted(request: Request, _given: Described) -> Caller:
        check_permission(request.state.key, permission)
        return Caller(request.state.key)

    return permitted


# A key of one reader may read content only: a route that takes `ReadingContent` checks the reader it is about itself.
ReadingContent = Annotated[Caller, Depends(_needing("content"))]
Reading = Annotated[Caller, Depends(_needing("readers"))]
Writing = Annotated[Caller, Depends(_needing("write"))]
Monitoring = Annotated[Caller, Depends(_needing("metrics"))]
