"""API keys: authentication, scopes and rate limits.

A home that never had a key accepts requests of this machine without one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shortlist.serving.limits.interprocess import RateLimiter
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.keys import Key, Permission

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

LOOKUP_THREADS = 8  # used for keys only, because a catalogue on a database server may be slow

CHALLENGE = "WWW-Authenticate"
FOREIGN = "requests from pages of other sites are not allowed"

bearer = HTTPBearer(auto_error=False, description="A key made by `shortlist keys create`.")


class Authenticator:
    """Authenticates requests by their key.

    A `keyless` server admits all requests of this machine until the first key is created. `rate_limiter` limits the
    requests of each key; None means no limit.
    """

    def __init__(self, catalogue: Catalogue, rate_limiter: RateLimiter | None, *, keyless: bool) -> None:
        self._catalogue = catalogue
        self._rate_limiter = rate_limiter
        self._open = keyless
        self._threads = CapacityLimiter(LOOKUP_THREADS)

    async def authenticate(self, request: Request, secret: str | None) -> Key | None:
        """Return the key with this `secret`, or None on a server without keys.

        Raises `HTTPException` 401 for an invalid key, 429 for one that exceeds its rate, and `StateError`.
        """
        return await run_sync(self._authenticate, request, secret, limiter=self._threads)

    def _authenticate(self, request: Request, secret: str | None) -> Key | None:
        if self._open and not self._catalogue.keys.ever_existed():
            if host_of(str(request.url)) not in LOCAL_HOSTS:  # DNS rebinding: the page of another site
                raise HTTPException(403, "without keys, only requests to localhost from this machine are answered")
            return None
        self._open = False
        key = self._catalogue.keys.recognise(secret) if secret else None
        if key is None:
            raise HTTPException(401, "expected a valid key", {CHALLENGE: "Bearer"})
        wait_s = self._rate_limiter.take(key.id) if self._rate_limiter else 0.0
        if wait_s:
            raise HTTPException(429, "too many requests of this key", {"Retry-After": str(round(wait_s) + 1)})
        request.state.key_id = key.id
        return key


def host_of(url: str) -> str | None:
    """Return the host of `url`, or None if it has none or is malformed."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def bearer_secret(request: Request) -> str | None:
    """Return the secret in the Authorization header, or None if it has none."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def check_origin(request: Request, *, exact: bool = False) -> None:
    """Raise `HTTPException` 403 for a request from a page of another site.

    Pages of other ports of this machine pass, unless the check is `exact`.
    """
    origin = request.headers.get("origin")
    if origin is None:  # a browser sends none with a picture or script, but says that the page is of another site
        fetch = {name: request.headers.get(f"sec-fetch-{name}") for name in ("site", "mode")}
        if fetch["site"] == "cross-site" and fetch["mode"] != "navigate":
            raise HTTPException(403, FOREIGN)
        return
    if origin.partition("://")[2] == request.headers.get("host"):
        return
    theirs, ours = host_of(origin), host_of(str(request.url))
    if exact or theirs is None or (theirs != ours and not {theirs, ours} <= LOCAL_HOSTS):
        raise HTTPException(403, FOREIGN)


def check_permission(key: Key | None, needed: Permission) -> None:
    """Raise `HTTPException` 403 if `key` does not include `needed`. None, on a server without keys, includes all."""
    if key is not None and not key.may(needed):
        raise _forbidden(key)


def _forbidden(key: Key) -> HTTPException:
    challenge = {CHALLENGE: 'Bearer error="insufficient_scope"'}
    return HTTPException(403, f"the scope of this key, {key.scope.partition(':')[0]}, does not include this", challenge)


BearerInOpenApi = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]  # only documents the scheme


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request. `key` is None on a server without keys."""

    key: Key | None

    @property
    def id(self) -> str | None:
        """Id of the key, or None on a server without keys."""
        return self.key.id if self.key else None

    @property
    def reader(self) -> str | None:
        """The only reader whose data the caller may read and store, if their key is for one."""
        return self.key.reader if self.key else None

    @property
    def may_write(self) -> bool:
        """True if the caller may store events of any reader."""
        return self.key is None or self.key.may("write")

    def thread(self, name: str) -> str:
        """Return the name in the catalogue of this caller's chat thread `name`: each key has its own threads."""
        return name if self.id is None else f"{self.id}:{name}"

    def check_reader(self, user_id: str) -> None:
        """Raise `HTTPException` 403 unless the caller may read the data of this reader."""
        if self.key is not None and not self.key.may_read(user_id):
            raise _forbidden(self.key)

    def check_write(self, user_id: str) -> None:
        """Raise `HTTPException` 403 unless the caller may store events of this reader."""
        if self.key is not None and not self.key.may("write") and self.key.reader != user_id:
            raise _forbidden(self.key)

    def check_erase(self, user_id: str) -> None:
        """Raise `HTTPException` 403 unless the caller may erase this reader."""
        if self.key is not None and not self.key.may("erase") and self.key.reader != user_id:
            raise _forbidden(self.key)

    def check_events(self, events: Sequence[object]) -> None:
        """Raise `HTTPException` 403 unless the caller may store all of these events."""
        for event in events:
            self.check_write(event.get("user_id", "") if isinstance(event, dict) else "")


def _requires(permission: Permission) -> Callable[..., Awaitable[Caller]]:
    """Return a dependency that checks `permission` of the key that `AuthMiddleware` has authenticated."""

    async def caller_of(request: Request, _described: BearerInOpenApi) -> Caller:
        check_permission(request.state.key, permission)
        return Caller(request.state.key)

    return caller_of


async def _caller_of(request: Request, _described: BearerInOpenApi) -> Caller:
    return Caller(request.state.key)


# Routes that take `AnyScope` check the scope themselves.
AnyScope = Annotated[Caller, Depends(_caller_of)]

# The key of one reader has the permission "content", so routes that take `ReadingContent` call `check_reader` as well.
ReadingContent = Annotated[Caller, Depends(_requires("content"))]
Reading = Annotated[Caller, Depends(_requires("readers"))]
Writing = Annotated[Caller, Depends(_requires("write"))]
Erasing = Annotated[Caller, Depends(_requires("erase"))]
Monitoring = Annotated[Caller, Depends(_requires("metrics"))]
