"""Serve the preview on this machine only, and tell open pages when a file has changed."""

from __future__ import annotations

import asyncio
import mimetypes
import socket
import threading
import traceback
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from watchfiles import awatch

from mlcards.site.preview import Site

HOST = "127.0.0.1"
_HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# A picture that is opened by itself is a document of this origin: it may run and load nothing.
_PAGE = "frame-ancestors 'self'"
_PICTURE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def serve(
    folder: Path, make: Callable[[], Site], fixed: Site, first: Site, port: int, browse: bool
) -> None:
    """Serve until interrupted; ``make`` returns the files that depend on the folder.

    ``first`` is what it would return now. Raise OSError if the port is taken.
    """
    listening = socket.create_server((HOST, port))
    address = f"http://{HOST}:{listening.getsockname()[1]}/"
    page = _Page(folder, make, fixed, first)
    application = Starlette(
        routes=[Route("/events", page.events), Route("/{path:path}", page.file)],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"]),
            Middleware(_OwnPagesOnly),
        ],
        lifespan=page.watching,
    )
    settings = uvicorn.Config(application, log_level="warning", timeout_graceful_shutdown=1)
    _Server(settings, address, browse).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says where it is once it answers."""

    def __init__(self, config: uvicorn.Config, address: str, browse: bool) -> None:
        super().__init__(config)
        self.address = address
        self.browse = browse

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"{self.address}  (Ctrl-C ends it)", flush=True)
            if self.browse:
                threading.Thread(target=webbrowser.open, args=[self.address], daemon=True).start()


class _OwnPagesOnly:
    """Answers a browser only for pages of this server, and where its user goes there."""

    def __init__(self, application: ASGIApp) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_own(Headers(scope=scope)):
            refusal = Response(
                "Only pages of this preview may ask.\n", 403, media_type="text/plain"
            )
            await refusal(scope, receive, send)
            return
        await self.application(scope, receive, send)


def _is_own(headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{headers.get('host')}":
        return False
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return True
    return (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == (
        "navigate",
        "document",
    )


class _Page:
    def __init__(self, folder: Path, make: Callable[[], Site], fixed: Site, first: Site) -> None:
        self.folder = folder
        self.make = make
        self.fixed = fixed
        self.site: Site = {**fixed, **first}
        self.changed = asyncio.Event()

    @asynccontextmanager
    async def watching(self, application: Starlette) -> AsyncIterator[None]:
        watcher = asyncio.create_task(self.watch())
        yield
        watcher.cancel()

    async def watch(self) -> None:
        """Make the page again after each change, also of a folder that goes and comes back."""
        while True:
            try:
                async for _ in awatch(self.folder, debounce=100, step=5):
                    await self.renew()
                    if not self.folder.exists():
                        break
            except FileNotFoundError:
                await asyncio.sleep(0.3)
                if not self.folder.exists():
                    continue
            await self.renew()

    async def renew(self) -> None:
        try:
            made = await asyncio.to_thread(self.make)
        except Exception:  # a bug of ours: say so and go on with the next change
            traceback.print_exc()
            return
        self.site = {**self.fixed, **made}
        self.changed.set()
        self.changed = asyncio.Event()

    async def file(self, request: Request) -> Response:
        path = request.path_params["path"] or "index.html"
        data = self.site.get(path)
        if data is None:
            return Response("There is no such page.\n", 404, media_type="text/plain")
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        headers = {
            **_HEADERS,
            "Content-Security-Policy": _PICTURE if kind.startswith("image/") else _PAGE,
        }
        return Response(data, media_type=kind, headers=headers)

    async def events(self, request: Request) -> StreamingResponse:
        async def stream() -> AsyncIterator[str]:
            yield ": connected\n\n"
            while not await request.is_disconnected():
                try:
                    await asyncio.wait_for(self.changed.wait(), 15)
                except TimeoutError:
                    yield ": still here\n\n"
                else:
                    yield "event: change\ndata:\n\n"

        return StreamingResponse(stream(), media_type="text/event-stream")
