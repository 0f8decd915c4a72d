"""From routes to Litestar: reads a request to its end, hands it to one thread, sends what comes back."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl

from anyio import CapacityLimiter, to_thread
from litestar import Litestar, Request, Response
from litestar.config.app import AppConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, UploadFile
from litestar.exceptions import ClientException, HTTPException, InternalServerException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.response import Stream
from litestar.static_files import create_static_files_router

from saas.core import i18n, log
from saas.core.ids import new_id
from saas.tenants.runtime import Runtime
from saas.web import csrf, headers
from saas.web.exchange import TOAST_COOKIE, Reply, Req, UploadedFile
from saas.web.render import STATIC, STATIC_URL
from saas.web.routing import Route, Site
from saas.web.run import run

LANGUAGE_COOKIE = "language"
YEAR_S = 365 * 86_400

_log = log.get(__name__)


class Threads:
    """As many threads as pooled connections: a request waits here, holding nothing, before it may take a connection."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._limiter: CapacityLimiter | None = None

    async def call(self, function: Any, *args: Any) -> Any:
        """Run a function in a thread of ours."""
        if self._limiter is None:
            self._limiter = CapacityLimiter(self._size)
        return await to_thread.run_sync(partial(function, *args), limiter=self._limiter)


def build(site: Site, runtime: Runtime, threads: Threads) -> Litestar:
    """Make the application of one kind of host."""
    handlers: list[Any] = [_handler(route, runtime, threads) for route in site.routes]
    static = create_static_files_router(
        path="/static", directories=[STATIC], opt={"why": "built files, the same for everybody"},
        after_request=_cache_forever, send_as_attachment=False,
    )  # fmt: skip
    return Litestar(
        route_handlers=[*handlers, static],
        guards=[deny_undeclared],
        exception_handlers={HTTPException: partial(_http_error, runtime), Exception: partial(_fault, runtime)},
        openapi_config=None,
        on_app_init=[_quiet],
        debug=False,
    )


def deny_undeclared(_connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse every route that declares neither a right nor why it is open: forgetting is refusing."""
    if not handler.opt.get("right") and not handler.opt.get("why"):
        raise PermissionDeniedException


def _quiet(config: AppConfig) -> AppConfig:
    config.logging_config = None
    return config


def _handler(route: Route, runtime: Runtime, threads: Threads) -> HTTPRouteHandler:
    async def answer(request: Request[Any, Any, Any]) -> Response[Any]:
        with ExitStack() as leftovers:
            req = await _read(request, runtime, leftovers)
            reply: Reply = await threads.call(run, route, req)
        return _response(reply, req)

    return HTTPRouteHandler(
        route.path,
        http_method=route.method,
        opt={"right": route.right, "why": route.why},
        request_max_body_size=route.body_bytes,
        name=f"{route.method} {route.path}",
        status_code=200,
    )(answer)


async def _read(request: Request[Any, Any, Any], runtime: Runtime, leftovers: ExitStack) -> Req:
    form: dict[str, list[str]] = {}
    files: dict[str, UploadedFile] = {}
    if request.method not in csrf.SAFE_METHODS:
        for name, value in await _fields(request):
            if isinstance(value, UploadFile):
                if value.filename:
                    files[name] = _keep(value, Path(leftovers.enter_context(TemporaryDirectory(prefix="upload-"))) / "file")
            else:
                form.setdefault(name, []).append(str(value).replace("\x00", ""))
    query: dict[str, list[str]] = {}
    # Litestar's own reading forgets the order of names, in which a list's filters were set.
    for name, value in parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True):
        query.setdefault(name, []).append(value.replace("\x00", ""))
    cookies = dict(request.cookies)
    wanted = (query.get("language") or [cookies.get(LANGUAGE_COOKIE, "")])[0]
    locale = wanted if wanted in i18n.LOCALES else i18n.negotiate(request.headers.get("accept-language"))
    if csrf.VISITOR_COOKIE not in cookies:
        cookies[csrf.VISITOR_COOKIE] = secrets.token_urlsafe(24)
    return Req(
        method=request.method,
        path=request.scope["path"],
        raw_query=request.scope["query_string"].decode("latin-1"),
        params={name: str(value) for name, value in request.path_params.items()},
        query=query,
        form=form,
        files=files,
        headers=dict(request.headers.items()),
        cookies=cookies,
        address=_address(request, runtime.settings.trusted_proxies),
        host=request.headers.get("host", ""),
        slug=request.scope["state"].get("slug"),
        runtime=runtime,
        request_id=new_id().hex,
        locale=locale,
    )


async def _fields(request: Request[Any, Any, Any]) -> list[tuple[str, Any]]:
    """Take a form apart. Raises ClientException for a body that is none, or is in no charset there is."""
    try:
        return list((await request.form()).multi_items())
    except (ValueError, LookupError) as error:
        raise ClientException from error


def _address(request: Request[Any, Any, Any], trusted_proxies: int) -> str:
    """Tell who asks: the address our own outermost proxy saw, never one that a client wrote into the header itself."""
    client = request.scope.get("client")
    seen = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if trusted_proxies and len(seen) >= trusted_proxies:
        return seen[-trusted_proxies]
    return client[0] if client else ""


def _keep(file: UploadFile, path: Path) -> UploadedFile:
    file.file.seek(0)
    with path.open("wb") as target:
        copyfileobj(file.file, target, 1 << 20)
    file.file.close()
    return UploadedFile(file.filename, file.content_type, path, path.stat().st_size)


def _response(reply: Reply, req: Req) -> Response[Any]:
    settings = req.runtime.settings
    cookies = [
        Cookie(
            key=change.name, value=change.value or "", path="/", httponly=True, samesite="lax", secure=settings.is_secure,
            max_age=0 if change.value is None else change.max_age_s,
        )
        for change in reply.cookies
    ]  # fmt: skip
    if "cookie" not in req.headers or csrf.VISITOR_COOKIE not in req.headers["cookie"]:
        cookies.append(_lasting(csrf.VISITOR_COOKIE, req.cookies[csrf.VISITOR_COOKIE], settings.is_secure))
    if req.query.get("language"):
        cookies.append(_lasting(LANGUAGE_COOKIE, req.locale, settings.is_secure))
    if TOAST_COOKIE in req.cookies and reply.status == 200 and not any(c.key == TOAST_COOKIE for c in cookies):
        cookies.append(Cookie(key=TOAST_COOKIE, value="", path="/", max_age=0))
    sent = {**headers.security(settings), "X-Request-Id": req.request_id, "Cache-Control": "no-store", **reply.headers}
    common: dict[str, Any] = {"status_code": reply.status, "media_type": reply.content_type, "headers": sent, "cookies": cookies}
    return Stream(reply.body, **common) if isinstance(reply.body, Iterator) else Response(reply.body, **common)


def _lasting(name: str, value: str, is_secure: bool) -> Cookie:
    return Cookie(key=name, value=value, path="/", httponly=True, samesite="lax", secure=is_secure, max_age=YEAR_S)


def _cache_forever(response: Response[Any]) -> Response[Any]:
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _fault(runtime: Runtime, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer what broke outside any handler."""
    if request.scope["path"].startswith(STATIC_URL):
        return _http_error(runtime, request, InternalServerException())
    _log.error("request failed outside its handler", path=request.scope["path"], exc_info=error)
    return _http_error(runtime, request, InternalServerException())


def _http_error(runtime: Runtime, request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what Litestar itself refuses: an unknown address, a wrong method, a body too large."""
    # A file name that no file system takes is no file.
    status = 404 if error.status_code >= 500 and request.scope["path"].startswith(STATIC_URL) else error.status_code
    with i18n.use(_locale(request)):
        text = headers.plain_page(status)
    return Response(text, status_code=status, media_type="text/html; charset=utf-8", headers=headers.security(runtime.settings))


def _locale(request: Request[Any, Any, Any]) -> str:
    """Tell in which language to speak to a browser: the one chosen on a page of ours, else the one it asks for."""
    wanted = request.cookies.get(LANGUAGE_COOKIE, "")
    return wanted if wanted in i18n.LOCALES else i18n.negotiate(request.headers.get("accept-language"))
