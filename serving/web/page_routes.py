"""Routes of the page itself: its files, the facts that it starts with, and new readers."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.staticfiles import StaticFiles
from pydantic import Field
from starlette.responses import FileResponse, Response

from shortlist.agent.rerank.policy import chosen_method
from shortlist.learning.student.versions import rerank_config
from shortlist.serving.api.bodies import body_in_openapi, body_of
from shortlist.serving.api.deps import PROBLEMS, ServiceDep
from shortlist.serving.http.auth import Caller, ReadingContent, Writing
from shortlist.serving.http.problems import JsonResponse
from shortlist.serving.service.request_schemas import Id, RequestBody
from shortlist.serving.service.service import Service
from shortlist.serving.service.what_ifs import what_if_settings

STATIC = Path(__file__).with_name("static")
FILES = "/static"
INDEX = "/"
ICON = "/favicon.ico"
LISTED_READERS = 200  # in the menu; you can type any other
# Scripts, styles and pictures come from this server. A player of YouTube is the only foreign frame, after a click.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "frame-src https://www.youtube-nocookie.com; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Cache-Control": "no-cache"}

router = APIRouter()


class ReaderIn(RequestBody):
    """A new reader."""

    user_id: Id
    interests: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=50)


@router.get(INDEX, include_in_schema=False)
async def index() -> Response:
    """Return the page."""
    return FileResponse(STATIC / "index.html", headers=HEADERS)


@router.get(ICON, include_in_schema=False)
async def icon() -> Response:
    """Return the icon, at the address where browsers look for it on pages that name none, such as the laboratory."""
    return FileResponse(STATIC / "icon.svg")


@router.get("/page/start", responses=PROBLEMS, response_model=None)
async def start(request: Request, service: ServiceDep, caller: ReadingContent) -> JsonResponse:
    """Return readers, categories, the defaults of rerank and what-if, and what the caller may do."""
    document = await service.storage_threads.run(partial(_start, service, caller))
    rerank = rerank_config(request.app.state.config)
    return JsonResponse({**document, "method": chosen_method(rerank), "budget_ms": rerank.budget_ms})


@router.post(
    "/page/readers", responses=PROBLEMS, response_model=None, openapi_extra=body_in_openapi(ReaderIn), status_code=201
)
async def create_reader(
    service: ServiceDep, _caller: Writing, body: Annotated[ReaderIn, Depends(body_of(ReaderIn))]
) -> JsonResponse:
    """Store a new reader. One with this id stays as it is."""
    await service.storage_threads.run(partial(service.create_reader, body.user_id, body.interests))
    return JsonResponse({"user_id": body.user_id}, 201)


def static_files() -> StaticFiles:
    """Return the application that serves scripts and styles. Browsers ask whether they changed."""

    class Revalidated(StaticFiles):
        def file_response(self, *args: Any, **more: Any) -> Response:
            response = super().file_response(*args, **more)
            response.headers["cache-control"] = "no-cache"
            return response

    return Revalidated(directory=STATIC)


def public_paths() -> list[str]:
    """Return the paths of the page's own files, which hold no data."""
    return [INDEX, ICON, *(f"{FILES}/{file.name}" for file in STATIC.iterdir())]


def _start(service: Service, caller: Caller) -> dict[str, Any]:
    own = caller.key.reader if caller.key else None
    readers = [own] if own else service.reader_ids(LISTED_READERS)
    writes = caller.key is None or caller.key.may("write")
    return {
        "readers": readers,
        "reader": own or service.last_reader() or next(iter(readers), None),
        "categories": service.categories(),
        "videos": service.engine.reloader.snapshot().n_live,
        **what_if_settings(service.engine),
        "signed_in": caller.key is not None,
        "may": {"write": writes, "store": writes or own is not None, "chat": own is None},
    }
