"""The middleware that the API, the page and MCP share."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from starlette.types import ASGIApp

from shortlist.core.config_sections.serving import ServeConfig
from shortlist.serving.http.access_log import AccessLog
from shortlist.serving.http.auth import Authenticator
from shortlist.serving.http.auth_middleware import PUBLIC_PATHS, AuthMiddleware
from shortlist.serving.http.body_buffer import BodyBuffer
from shortlist.serving.http.body_limit import BodyLimit
from shortlist.serving.http.concurrency_limit import ConcurrencyLimit
from shortlist.serving.http.security_headers import SecurityHeaders
from shortlist.serving.http.shutdown import ShutdownMiddleware
from shortlist.serving.service.metrics import Metrics


def with_middleware(
    app: ASGIApp,
    limits: ServeConfig,
    metrics: Metrics,
    authenticator: Authenticator | None,
    *,
    max_bytes: Mapping[str, int] | None = None,
    public: Collection[str] = (),
    streamed: Collection[str] = (),
) -> ASGIApp:
    """Return `app` behind authentication, limits, access log and security headers.

    Without an `authenticator` every request is admitted: it was authenticated before it arrived.
    `max_bytes` overrides the size of bodies by path. `public` paths need no key. Bodies to `streamed` paths are read by
    `app` itself.
    """
    buffered = BodyBuffer(ConcurrencyLimit(app, metrics, limits.requests), limits.requests, streamed)
    bounded = BodyLimit(buffered, limits.body_bytes, limits.body_timeout_s, max_bytes)
    authenticated = AuthMiddleware(bounded, authenticator, PUBLIC_PATHS.union(public)) if authenticator else bounded
    return AccessLog(SecurityHeaders(ShutdownMiddleware(authenticated)), metrics)
