"""Serve the preview on this machine only, and tell open pages when a file has changed."""

from __future__ import annotations

import asyncio
import mimetypes
import socket
import traceback
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from watchfiles import awatch

from mlcards.preview import Site

HOST = "127.0.0.1"
_HEADERS = {"Cache-Control": "no-cache", "Content-Security-Policy": "frame-ancestors 'self'"}


def serve(folder: Path, make: Callable[[], Site], fixed: Site, port: int, browse: bool) -> None:
    """Serve until interrupted; ``make`` returns the files that depend on the folder.

    Raise OSError if the port is taken.
    """
    listening = socket.create_server((HOST, port))
    address = f"http://{HOST}:{listening.getsockname()[1]}/"
    print(f"{address}  (Ctrl-C ends it)", flush=True)
    if browse:
        webbrowser.open(address)
    page = _Page(folder, make, fixed)
    application = Starlette(
        routes=[Route("/events", page.events), Route("/{path:path}", page.file)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
        lifespan=page.watching,
    )
    settings = uvicorn.Config(application, log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(settings).run(sockets=[listening])


class _Page:
    def __init__(self, folder: Path, make: Callable[[], Site], fixed: Site) -> None:
        self.folder = folder
        self.make = make
        self.fixed = fixed
        self.site: Site = {**fixed, **make()}
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
        return Response(data, media_type=kind, headers=_HEADERS)

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
