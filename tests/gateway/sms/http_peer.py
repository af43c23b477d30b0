"""A provider on this machine that answers as a test says."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Provider(ThreadingHTTPServer):
    """Answers as it is told; `asked` holds method, path, headers and body of every request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")
        self.cut = False
        self.unending = ""
        """`drips` or `stalls`: what the body does after the answer, until `done`."""
        self.done = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/send"


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        if self.server.cut:
            self.close_connection = True
            return
        status, headers, content = self.server.answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        with suppress(OSError):  # nobody reads it any more
            while self.server.unending and not self.server.done.wait(0.01):
                self.wfile.write(b" " if self.server.unending == "drips" else b"")

    do_GET = do_PUT = do_POST  # noqa: N815 - names of http.server

    def log_message(self, format: str, *args: object) -> None:
        pass


def served(server: Provider) -> Iterator[Provider]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.done.set()
    server.shutdown()
    thread.join(60)
    server.server_close()
