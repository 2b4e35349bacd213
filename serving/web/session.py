"""Routes that start and end the session of a browser: a cookie with its key."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from shortlist.serving.api.bodies import body_in_openapi, body_of
from shortlist.serving.api.deps import PROBLEMS
from shortlist.serving.http.auth import check_origin
from shortlist.serving.http.auth_middleware import COOKIE
from shortlist.serving.service.request_schemas import RequestBody

PATH = "/page/session"

router = APIRouter()


class SessionIn(RequestBody):
    """The key of a browser."""

    key: Annotated[str, Field(min_length=1, max_length=512)]


@router.post(PATH, responses=PROBLEMS, response_class=Response, openapi_extra=body_in_openapi(SessionIn))
async def sign_in(request: Request, body: Annotated[SessionIn, Depends(body_of(SessionIn))]) -> Response:
    """Store the key in a cookie that no script can read and that other sites cannot send."""
    check_origin(request, exact=True)
    await request.app.state.authenticator.authenticate(request, body.key)
    response = Response(status_code=204)
    encrypted = request.url.scheme == "https"  # over plain HTTP a browser would refuse a secure cookie
    response.set_cookie(COOKIE, body.key, secure=encrypted, httponly=True, samesite="strict", path="/")
    return response


@router.delete(PATH, responses=PROBLEMS, response_class=Response)
async def sign_out(request: Request) -> Response:
    """Delete the cookie."""
    check_origin(request, exact=True)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/")
    return response
