"""The way from this desk's browser to the gateway, as the browser itself finds it: the page of `/selftest/` tells."""

import html
import json
import re
import secrets
import threading
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gateway.cli.checks.finding import Finding, Level, ok, problem, warning
from gateway.cli.checks.network import check_web
from gateway.cli.output import in_words
from gateway.guidance import LocalizedText
from gateway.state_folder import read_addresses

ARRIVES_S = 20.0
"""From the start page to the gateway's; a warning of the browser stands between them where TLS is not believed."""
MAX_FOUND = 16 * 1024
LINKS = ("tls", "http2", "permission", "origin", "pairing", "stream")
_LEVELS = {"ok": Level.OK, "warning": Level.WARNING, "skipped": Level.WARNING, "broken": Level.PROBLEM}
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_NO_DOOR = LocalizedText(
    id="Tidak ada gateway dengan pintu web pada folder ini: rekam serve, dan [web] listen tidak kosong",
    en="rekam serve, with [web] listen not empty",
)
_NOT_OPENED = LocalizedText(
    id="Buka sendiri alamat itu di peramban meja ini, lalu ulangi", en="Open the address by hand in the desk's browser"
)
_NOT_BELIEVED = LocalizedText(
    id="sudo rekam trust install; tutup semua jendela peramban, buka lagi, lalu ulangi. Firefox: sekali dibuka dahulu",
    en="sudo rekam trust install; close every window of the browser, open it again, then once more. Firefox must have "
    "been started once before",
)
_NOT_ENDED = LocalizedText(
    id="Selesaikan langkah di halaman itu (kode, atau Lewati), atau beri waktu lebih dengan --wait",
    en="Finish the steps on that page (the code, or leave it out), or give it more time with --wait",
)


def check_browser(
    state: Path, wait_s: float, tell_address: Callable[[str], None], *, open_it: bool = True
) -> Iterator[Finding]:
    """Walk the way link by link, from the port to a stream; the first that is broken ends it.

    Parameters
    ----------
    state : Path
        The state folder of a gateway that runs.
    wait_s : float
        For a person who has a code to type.
    tell_address : callable
        Is given the address with which to begin.
    open_it : bool
        Open it in the browser of this desk.
    """
    addresses = read_addresses(state)
    if addresses is None or not addresses.web:
        yield problem("web door", "no gateway serves browsers from this state folder", in_words(_NO_DOOR))
        return
    door = list(check_web(state))
    yield from door
    if any(each.level is Level.PROBLEM for each in door):
        return
    with _Listener(f"https://{addresses.web}/selftest/") as listener:
        tell_address(listener.address)
        opened = open_it and webbrowser.open(listener.address)
        if not listener.started.wait(wait_s):
            detail = "the browser that was opened never came" if opened else f"nobody opened {listener.address}"
            yield problem("browser", detail, in_words(_NOT_OPENED))
            return
        if not listener.arrived.wait(ARRIVES_S):
            detail = "the browser does not believe the gateway's certificate: its page never came"
            yield problem("browser tls", detail, in_words(_NOT_BELIEVED))
            return
        if not listener.ended.wait(wait_s):
            yield from listener.findings()
            yield warning("browser pairing", f"not done within {wait_s:.0f} s", in_words(_NOT_ENDED))
            return
        yield from listener.findings()


class _Listener:
    """What the page comes back to: a server on loopback for as long as the test runs, known by a key."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._key = secrets.token_urlsafe(24)
        self._found: dict[str, dict[str, str]] = {}
        self._changing = threading.Lock()
        self.started, self.arrived, self.ended = threading.Event(), threading.Event(), threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="self-test", daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{self._key}/"

    def __enter__(self) -> "_Listener":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def findings(self) -> Iterator[Finding]:
        """What the page found, in its order."""
        with self._changing:
            found = dict(self._found)
        for name in LINKS:
            if name not in found:
                continue
            line = found[name]
            level = _LEVELS[line["state"]]
            words = in_words(LocalizedText(id=line["id"], en=line["en"]))
            if level is Level.OK:
                yield ok(f"browser {name}", words or "good")
            elif line["state"] == "skipped":
                yield warning(f"browser {name}", "left out", in_words(_NOT_ENDED))
            else:
                yield Finding(f"browser {name}", level, line["state"], words)

    def answer(self, target: str, host: str) -> "_Answer":
        """What a request is answered; the caller sets `ended` when the last page is on its way."""
        parts = urlsplit(target)
        stage = parts.path.removeprefix(f"/{self._key}/")
        if stage == parts.path or host != f"127.0.0.1:{self._server.server_port}":
            return _Answer(HTTPStatus.NOT_FOUND)
        back = f"{self._page}#{self._server.server_port}.{self._key}"
        if stage == "":
            self.started.set()
            return _Answer(HTTPStatus.OK, page=_start_page(back))
        if stage not in {"arrived", "ended"}:
            return _Answer(HTTPStatus.NOT_FOUND)
        found = _read_found(parse_qs(parts.query).get("found", [""])[0])
        if found is None:
            return _Answer(HTTPStatus.BAD_REQUEST)
        with self._changing:
            self._found |= found
        self.started.set()
        self.arrived.set()
        if stage == "arrived" and all(each["state"] != "broken" for each in found.values()):
            return _Answer(HTTPStatus.SEE_OTHER, goes_to=f"{back}.pair")
        return _Answer(HTTPStatus.OK, page=_end_page(found), is_last=True)


@dataclass(frozen=True)
class _Answer:
    status: HTTPStatus
    page: str = ""
    goes_to: str = ""
    is_last: bool = False
    """The command ends with it, and its server with the command: not before the browser has the page."""


def _handler(listener: _Listener) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10.0

        def do_GET(self) -> None:
            answer = listener.answer(self.path, self.headers.get("Host", ""))
            try:
                self._send(answer)
            finally:
                if answer.is_last:
                    listener.ended.set()

        def _send(self, answer: _Answer) -> None:
            content = answer.page.encode()
            self.send_response(answer.status)
            if answer.goes_to:
                self.send_header("Location", answer.goes_to)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", _POLICY)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing: the findings are what is said."""

    return Handler


def _read_found(text: str) -> dict[str, dict[str, str]] | None:
    """What the page tells, by link; None where it is not what our page would tell."""
    if len(text) > MAX_FOUND:
        return None
    try:
        lines = json.loads(text)
        found = {str(each["name"]): {key: _printable(each[key]) for key in ("state", "id", "en")} for each in lines}
    except (ValueError, TypeError, KeyError):
        return None
    known = all(name in LINKS and each["state"] in _LEVELS for name, each in found.items())
    return found if known else None


def _printable(text: object) -> str:
    """One line for a terminal, without what would steer it."""
    return re.sub(r"[^\x20-\x7e\u00a0-\u2fff]+", " ", str(text))[:500]


def _start_page(back: str) -> str:
    address = html.escape(back, quote=True)
    return (
        f'<!doctype html><html lang="id"><meta charset="utf-8"><title>Rekam</title>'
        f'<meta http-equiv="refresh" content="0;url={address}">'
        f'<p>Menuju <a href="{address}">gateway</a> … Jika peramban menampilkan peringatan keamanan: '
        "<code>sudo rekam trust install</code>.</p>"
        "<p lang=en>Going to the gateway … Where the browser shows a security warning: "
        "<code>sudo rekam trust install</code>.</p></html>"
    )


def _end_page(found: dict[str, dict[str, str]]) -> str:
    lines = "".join(
        f"<li><b>{name}: {each['state']}</b><br>{html.escape(each['id'])}"
        f"<br><i lang=en>{html.escape(each['en'])}</i></li>"
        for name, each in found.items()
    )
    return (
        '<!doctype html><html lang="id"><meta charset="utf-8"><title>Rekam</title><h1>Rekam</h1>'
        f"<p>Selesai; hasilnya juga di terminal. <span lang=en>Done; the result is on the terminal, too.</span></p>"
        f"<ul>{lines}</ul></html>"
    )
