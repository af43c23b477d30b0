"""The operator's page and the self-test's: a fixed table of files, read once at the start and served from memory.

A request's path is looked up as whole text. It never becomes a path of the disk, so that none can lead out of the
folder.
"""

import asyncio
import gzip
import hashlib
import mimetypes
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from gateway.service.web_origins import Headers, MalformedError, MisdirectedError, WebOrigins, header
from gateway.service.web_rates import Places

log = structlog.get_logger(__name__)

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApplication = Callable[[Any, Any, Any], Awaitable[None]]

PAGE = Path(__file__).parents[1] / "web" / "page"
"""What `make web` leaves."""
SELFTEST = PAGE.with_name("selftest")
"""The page with which `rekam doctor --browser` walks the way from a browser to the gateway."""
INDEX = "index.html"
PLACES = 64
"""Answers under way: a browser that opens the page asks for four files."""
SEND_S = 60.0
"""A part of an answer is taken by then."""

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
    )
)
_SECURITY = (
    (b"server", b"rekam"),
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=(), usb=(), serial=(), hid=()"),
    (b"vary", b"Accept-Encoding"),
)
_HASHED = re.compile(r"assets/[\w.-]+-[\w-]{8}\.\w+")
"""A name that another content cannot have: the build puts a digest into it."""
_TEXT = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".md": "text/markdown",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is sent."""

    content: bytes
    compressed: bytes
    """By gzip; empty where that saves nothing."""
    headers: tuple[tuple[bytes, bytes], ...]
    tag: str


class WebPage:
    """An ASGI application before another: answers GET and HEAD of the page's own files, and leaves the rest.

    Parameters
    ----------
    application
        What answers all other requests.
    origins : WebOrigins
        The hosts that are this door.
    files : dict of str to PageFile
        By path, as `read_page` gives them.
    """

    def __init__(self, application: AsgiApplication, origins: WebOrigins, files: dict[str, PageFile]) -> None:
        self._application = application
        self._origins = origins
        self._files = files
        self._places = Places(PLACES)

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Answer one request, or hand it on."""
        file = (
            self._files.get(scope["path"]) if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} else None
        )
        if file is None or not self._is_for_us(scope["headers"]):
            await self._application(scope, receive, send)
            return
        if _is_of_another_page(scope["headers"], self._origins.own):
            await _respond(send, 403, ((b"cache-control", b"no-store"), *_SECURITY), b"")
            return
        if not self._places.free:
            busy = ((b"cache-control", b"no-store"), (b"retry-after", b"1"), *_SECURITY)
            await _respond(send, 503, busy, b"")
            return
        with self._places.taken():
            await _answer(file, scope, send)

    def _is_for_us(self, headers: Headers) -> bool:
        """Whether the host is this door; what stands behind refuses it in words where it is not."""
        try:
            self._origins.check_host(headers)
        except (MalformedError, MisdirectedError):
            return False
        return True


def read_page(folder: Path = PAGE) -> dict[str, PageFile]:
    """The files of a built page by the path that a browser asks for; none where there is no page. Blocking.

    Links are passed over: what they point to was not built.
    """
    if not (folder / INDEX).is_file():
        log.warning("page_missing", folder=str(folder), remedy="make web")
        return {}
    files: dict[str, PageFile] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not any(part.is_symlink() for part in _above(path, folder)):
            name = path.relative_to(folder).as_posix()
            files[f"/{name}"] = _page_file(name, path.read_bytes())
    files["/"] = files[f"/{INDEX}"]
    return files


def read_selftest(folder: Path = SELFTEST) -> dict[str, PageFile]:
    """The files of the self-test's page by path; blocking."""
    files = {f"/selftest/{path.name}": _page_file(path.name, path.read_bytes()) for path in folder.iterdir()}
    files["/selftest/"] = files.pop(f"/selftest/{INDEX}")
    return files


def _above(path: Path, folder: Path) -> list[Path]:
    return [each for each in path.parents if each.is_relative_to(folder) and each != folder]


def _page_file(name: str, content: bytes) -> PageFile:
    suffix = Path(name).suffix
    kind = _TEXT.get(suffix)
    media_type = f"{kind}; charset=utf-8" if kind else mimetypes.types_map.get(suffix, "application/octet-stream")
    compressed = gzip.compress(content, compresslevel=9, mtime=0) if kind else b""
    kept = b"public, max-age=31536000, immutable" if _HASHED.fullmatch(name) else b"no-cache"
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = (
        (b"content-type", media_type.encode()),
        (b"cache-control", kept),
        (b"etag", tag.encode()),
        *_SECURITY,
    )
    return PageFile(content, compressed if len(compressed) < len(content) else b"", headers, tag)


def _is_of_another_page(headers: Headers, own: frozenset[str]) -> bool:
    """Whether a page of another origin asks, save by a link to ours (Fetch Metadata); or any page, for a frame."""
    origin = header(headers, b"origin")
    if origin and origin not in own:
        return True
    site, mode, into = (header(headers, b"sec-fetch-" + each) for each in (b"site", b"mode", b"dest"))
    if into in {"iframe", "frame", "embed", "object", "fencedframe"}:
        return True
    return site in {"cross-site", "same-site"} and not (mode == "navigate" and into == "document")


async def _answer(file: PageFile, scope: Scope, send: Send) -> None:
    headers: Headers = scope["headers"]
    if file.tag in [each.strip().removeprefix("W/") for each in header(headers, b"if-none-match").split(",")]:
        await _respond(send, 304, file.headers, b"")
        return
    body, more = file.content, tuple[tuple[bytes, bytes], ...]()
    if file.compressed and _takes_gzip(header(headers, b"accept-encoding")):
        body, more = file.compressed, ((b"content-encoding", b"gzip"),)
    length = (b"content-length", str(len(body)).encode())
    await _respond(send, 200, (*file.headers, *more, length), b"" if scope["method"] == "HEAD" else body)


def _takes_gzip(accepted: str) -> bool:
    for each in accepted.split(","):
        coding, _, weight = each.partition(";")
        if coding.strip().lower() in {"gzip", "*"}:
            return weight.strip().lower() not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


async def _respond(send: Send, status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes) -> None:
    async with asyncio.timeout(SEND_S):
        await send({"type": "http.response.start", "status": status, "headers": list(headers), "trailers": False})
        await send({"type": "http.response.body", "body": body, "more_body": False})
